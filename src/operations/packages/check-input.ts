import { checkAmounts, checkCounts } from "../../model/check-number.ts";
import type { ArchiveLimits } from "../../system/archive/extract-archive.ts";
import { checkBuildSettings } from "../building/build-settings.ts";
import type { PackageInput } from "./stage-package.ts";

/**
 * Refuses numbers that cannot be, before anything is read.
 * @throws StoreError INVALID_INPUT
 */
export function checkInput({ strip, limits = {}, build }: Partial<PackageInput>): void {
  if (strip !== "auto") checkCounts({ strip });
  checkLimits(limits);
  if (build) checkBuildSettings(build);
}

/** @throws StoreError INVALID_INPUT */
export function checkLimits({ maxBytes, maxRatio, maxEntries }: Partial<ArchiveLimits>): void {
  checkAmounts({ maxBytes, maxRatio, maxEntries }, Number.POSITIVE_INFINITY);
}
