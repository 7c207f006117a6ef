export { type ErrorCode, StoreError, type StoreErrorOptions } from "./errors.ts";
export type {
  AdjustedPackage,
  Change,
  ListedPackage,
  PackageSummary,
  PlannedChange,
  PlannedPackage,
  UpgradedPackage,
} from "./model/change.ts";
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
export type { Finding as RecipeFinding } from "./model/recipe/finding.ts";
export type { ResolvedRecipe } from "./model/recipe/resolved-recipe.ts";
export type { Root } from "./model/root.ts";
export type { SearchPath } from "./model/search-paths.ts";
export type { JournalState, TrackingJournal } from "./model/tracking-journal.ts";
export type { Finding, FindingKind, Outcome, SettledFinding } from "./model/verify/finding.ts";
export {
  type ArchivedNow,
  type ArchiveRequest,
  addToArchives,
  archives,
  type ListedArchive,
  pruneArchives,
} from "./operations/archives/archives.ts";
export { type ExportedObject, type ExportRequest, exportObjects } from "./operations/archives/export-objects.ts";
export { type ImportedObject, type ImportRequest, importObjects } from "./operations/archives/import-objects.ts";
export { indexRepository } from "./operations/archives/index-repository.ts";
export {
  type NotObtained,
  type Obtained,
  type ObtainOptions,
  type ObtainResult,
  obtainObjects,
} from "./operations/archives/obtain-objects.ts";
export type { AskedBuild } from "./operations/building/asked-build.ts";
export type { BuildRequest, BuiltPackage } from "./operations/building/build.ts";
export { type BuildLogText, buildLogOf } from "./operations/building/build-log-of.ts";
export type { ReproducedBuild } from "./operations/building/build-repro.ts";
export type { BuildSettings, SandboxMode } from "./operations/building/build-settings.ts";
export type { CheckedBuild, FileReport } from "./operations/building/check-build.ts";
export type { PrefetchedSource } from "./operations/building/fetch-sources.ts";
export type { ShownDerivation } from "./operations/building/inspect-build.ts";
export {
  build,
  buildRepro,
  checkBuilds,
  checkRecipes,
  debugFailedBuild,
  draftRecipe,
  fetchSources,
  listRecipes,
  packRepro,
  reportOnSage,
  showDerivations,
  showRecipe,
  whyRebuild,
} from "./operations/building/on-demand.ts";
export type { PackedRepro, ReproRequest } from "./operations/building/pack-repro.ts";
export type { DraftRequest, ListedRecipe, RecipePlaces, SageReport } from "./operations/building/recipes.ts";
export type { PendingFetch, RebuildReason } from "./operations/building/why-rebuild.ts";
export { type ClosureEntry, closure, referrers } from "./operations/collection/closure.ts";
export type { Collected } from "./operations/collection/collect.ts";
export { type DeleteRequest, deleteObjects } from "./operations/collection/delete-objects.ts";
export { type ObjectUsage, objectUsage, type StoreUsage, storeUsage } from "./operations/collection/du.ts";
export { type GcRequest, type GcResult, gc } from "./operations/collection/gc.ts";
export { type AddedRoot, addRoot, removeRoot, roots } from "./operations/collection/roots.ts";
export { type Why, why } from "./operations/collection/why.ts";
export {
  type DiffRequest,
  diffGenerations,
  type ExplainedUpgrade,
  type GenerationDifference,
} from "./operations/history/diff.ts";
export { exportJournal, type JournalRequest, replay, rollbackJournal } from "./operations/history/journals.ts";
export { planInstall, planRemove, planUpgrade } from "./operations/history/plan.ts";
export { type LogItem, type LogRequest, readLog } from "./operations/history/read-log.ts";
export { type LogRepair, repairHistory } from "./operations/history/repair-log.ts";
export { resealHistory } from "./operations/history/reseal-log.ts";
export { planRevert, type Reversal, type RevertOptions, revert } from "./operations/history/revert.ts";
export { type ProfileAt, stateAt } from "./operations/history/state-at.ts";
export { beginTransaction, type RollbackAnswer, type Transaction } from "./operations/history/transaction.ts";
export { type TrimRequest, trimHistory } from "./operations/history/trim-log.ts";
export { redo, type UndoneChange, type UndoRequest, undo } from "./operations/history/undo.ts";
export { verifyHistory } from "./operations/history/verify-log.ts";
export { type OpenStoreOptions, openStore } from "./operations/open-store.ts";
export { type AddResult, add } from "./operations/packages/add.ts";
export { type Blame, type BlameRequest, type BlameResult, blame } from "./operations/packages/blame.ts";
export { type ObjectInfo, objectInfo, type StoreInfo, storeInfo } from "./operations/packages/info.ts";
export {
  generations,
  type ListedGeneration,
  type ListedProfile,
  listPackages,
  profiles,
} from "./operations/packages/list.ts";
export { packagePath } from "./operations/packages/package-path.ts";
export type { PackageInput } from "./operations/packages/stage-package.ts";
export {
  type CheckpointRequest,
  type CheckpointResult,
  checkpoint,
  checkpoints,
  deleteCheckpoint,
  type ListedCheckpoint,
} from "./operations/profiles/checkpoint.ts";
export { type DeletedGenerations, deleteGenerations } from "./operations/profiles/delete-generations.ts";
export { type InstallRequest, install } from "./operations/profiles/install.ts";
export { type PinResult, pin } from "./operations/profiles/pin.ts";
export { remove } from "./operations/profiles/remove.ts";
export { shellEnvironment } from "./operations/profiles/shell-environment.ts";
export { rollback, type SwitchOptions, switchGeneration } from "./operations/profiles/switch.ts";
export { type UpgradeRequest, upgrade } from "./operations/profiles/upgrade.ts";
export type { RunOptions, StoreEvent } from "./operations/run-options.ts";
export {
  type BisectRequest,
  type BisectResult,
  bisect,
} from "./operations/running/bisect.ts";
export type { BisectTest } from "./operations/running/bisect-test.ts";
export {
  type ComparedRun,
  type CompareRequest,
  type Comparison,
  compareGenerations,
} from "./operations/running/compare.ts";
export { type CommandRequest, type RunResult, runCommandAt } from "./operations/running/run-command.ts";
export { type TryResult, tryCommand } from "./operations/running/try-command.ts";
export { changeSetting, getSetting, type ListedSetting, listSettings } from "./operations/upkeep/config.ts";
export { type Diagnosis, type DoctorRequest, doctor } from "./operations/upkeep/doctor.ts";
export { type RepairRequest, repair } from "./operations/upkeep/repair.ts";
export { type VerifyRequest, type VerifyResult, verify } from "./operations/upkeep/verify.ts";
export type { Notice, StoreContext } from "./store/context.ts";
export { type Lease, openLease } from "./store/leases.ts";
export type { Store } from "./store/open-store.ts";
