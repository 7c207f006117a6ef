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
export type { Root } from "./model/root.ts";
export { type AddResult, add } from "./operations/add.ts";
export { type ClosureEntry, closure, referrers } from "./operations/closure.ts";
export { changeSetting, getSetting, type ListedSetting, listSettings } from "./operations/config.ts";
export { diffGenerations, type GenerationDifference } from "./operations/diff.ts";
export { type ExportedObject, type ExportRequest, exportObjects } from "./operations/export-objects.ts";
export { type ImportedObject, type ImportRequest, importObjects } from "./operations/import-objects.ts";
export { type ObjectInfo, objectInfo, type StoreInfo, storeInfo } from "./operations/info.ts";
export { type InstallRequest, install } from "./operations/install.ts";
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
export { remove } from "./operations/remove.ts";
export { type AddedRoot, addRoot, removeRoot, roots } from "./operations/roots.ts";
export type { RunOptions, StoreEvent } from "./operations/run-options.ts";
export { type SearchPath, shellEnvironment } from "./operations/shell-environment.ts";
export type { PackageInput } from "./operations/stage-package.ts";
export { rollback, type SwitchOptions, switchGeneration } from "./operations/switch.ts";
export { beginTransaction, type RollbackAnswer, type Transaction } from "./operations/transaction.ts";
export { type UpgradeRequest, upgrade } from "./operations/upgrade.ts";
export type { StoreContext } from "./store/context.ts";
export { type Lease, openLease } from "./store/leases.ts";
export type { Store } from "./store/open-store.ts";
