export { type ErrorCode, StoreError, type StoreErrorOptions } from "./errors.ts";
export type { Change, PackageSummary, PlannedChange, PlannedPackage, UpgradedPackage } from "./model/change.ts";
export type { InstalledPackage, OptionValue } from "./model/generation.ts";
export {
  type BaseName,
  type Digest,
  type GenerationNumber,
  type PackageName,
  type PackageVersion,
  type ProfileName,
  parseProfileName,
  type TreeId,
} from "./model/ids.ts";
export type { Manifest, Origin } from "./model/manifest.ts";
export type { MarkEvent } from "./model/marks.ts";
export type { Root } from "./model/root.ts";
export type { SearchPath } from "./model/search-paths.ts";
export type { JournalState, TrackingJournal } from "./model/tracking-journal.ts";
export type { Finding, FindingKind, Outcome, SettledFinding } from "./model/verify/finding.ts";
export { type AddResult, add } from "./operations/add.ts";
export {
  type ArchivedNow,
  type ArchiveRequest,
  addToArchives,
  archives,
  type ListedArchive,
  pruneArchives,
} from "./operations/archives.ts";
export {
  type BisectRequest,
  type BisectResult,
  bisect,
} from "./operations/bisect.ts";
export type { BisectTest } from "./operations/bisect-test.ts";
export { type Blame, type BlameRequest, type BlameResult, blame } from "./operations/blame.ts";
export {
  type CheckpointRequest,
  type CheckpointResult,
  checkpoint,
  checkpoints,
  deleteCheckpoint,
  type ListedCheckpoint,
} from "./operations/checkpoint.ts";
export { type ClosureEntry, closure, referrers } from "./operations/closure.ts";
export type { Collected } from "./operations/collect.ts";
export { type ComparedRun, type CompareRequest, type Comparison, compareGenerations } from "./operations/compare.ts";
export { changeSetting, getSetting, type ListedSetting, listSettings } from "./operations/config.ts";
export { type DeletedGenerations, deleteGenerations } from "./operations/delete-generations.ts";
export { type DeleteRequest, deleteObjects } from "./operations/delete-objects.ts";
export {
  type DiffRequest,
  diffGenerations,
  type ExplainedUpgrade,
  type GenerationDifference,
} from "./operations/diff.ts";
export { type Diagnosis, type DoctorRequest, doctor } from "./operations/doctor.ts";
export { type ObjectUsage, objectUsage, type StoreUsage, storeUsage } from "./operations/du.ts";
export { type ExportedObject, type ExportRequest, exportObjects } from "./operations/export-objects.ts";
export { type GcRequest, type GcResult, gc } from "./operations/gc.ts";
export { type ImportedObject, type ImportRequest, importObjects } from "./operations/import-objects.ts";
export { type ObjectInfo, objectInfo, type StoreInfo, storeInfo } from "./operations/info.ts";
export { type InstallRequest, install } from "./operations/install.ts";
export { exportJournal, type JournalRequest, replay, rollbackJournal } from "./operations/journals.ts";
export {
  generations,
  type ListedGeneration,
  type ListedPackage,
  type ListedProfile,
  listPackages,
  profiles,
} from "./operations/list.ts";
export {
  type NotObtained,
  type Obtained,
  type ObtainOptions,
  type ObtainResult,
  obtainObjects,
} from "./operations/obtain-objects.ts";
export { type OpenStoreOptions, openStore } from "./operations/open-store.ts";
export { packagePath } from "./operations/package-path.ts";
export { type PinResult, pin } from "./operations/pin.ts";
export { planInstall, planRemove, planUpgrade } from "./operations/plan.ts";
export { type LogItem, type LogRequest, readLog } from "./operations/read-log.ts";
export { remove } from "./operations/remove.ts";
export { type RepairRequest, repair } from "./operations/repair.ts";
export { type LogRepair, repairHistory } from "./operations/repair-log.ts";
export { resealHistory } from "./operations/reseal-log.ts";
export { planRevert, type Reversal, type RevertOptions, revert } from "./operations/revert.ts";
export { type AddedRoot, addRoot, removeRoot, roots } from "./operations/roots.ts";
export { type CommandRequest, type RunResult, runCommandAt } from "./operations/run-command.ts";
export type { RunOptions, StoreEvent } from "./operations/run-options.ts";
export { shellEnvironment } from "./operations/shell-environment.ts";
export type { PackageInput } from "./operations/stage-package.ts";
export { type ProfileAt, stateAt } from "./operations/state-at.ts";
export { rollback, type SwitchOptions, switchGeneration } from "./operations/switch.ts";
export { beginTransaction, type RollbackAnswer, type Transaction } from "./operations/transaction.ts";
export { type TrimRequest, trimHistory } from "./operations/trim-log.ts";
export { type TryResult, tryCommand } from "./operations/try-command.ts";
export { redo, type UndoneChange, type UndoRequest, undo } from "./operations/undo.ts";
export { type UpgradeRequest, upgrade } from "./operations/upgrade.ts";
export { type VerifyRequest, type VerifyResult, verify } from "./operations/verify.ts";
export { verifyHistory } from "./operations/verify-log.ts";
export { type Why, why } from "./operations/why.ts";
export type { Notice, StoreContext } from "./store/context.ts";
export { type Lease, openLease } from "./store/leases.ts";
export type { Store } from "./store/open-store.ts";
