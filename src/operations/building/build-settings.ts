import { checkAmounts, checkCounts } from "../../model/check-number.ts";
import type { SageOptions } from "../../recipes/open-recipes.ts";
import type { FetchSettings } from "./fetch-context.ts";

export type SandboxMode = "required" | "auto" | "off";

export interface BuildSettings extends FetchSettings {
  /** Directories of recipes; earlier ones win. */
  readonly recipes: readonly string[];
  /** How Sage trees among them are read. */
  readonly sage?: SageOptions | undefined;
  /** Jobs in total, over all builds. Default: one per core. */
  readonly jobs?: number | undefined;
  readonly sandbox?: SandboxMode | undefined;
  readonly keepGoing?: boolean | undefined;
  readonly keepFailed?: boolean | undefined;
  /** Run the test suites, too. */
  readonly check?: boolean | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly silentTimeoutSeconds?: number | undefined;
  readonly maxLogBytes?: number | undefined;
  readonly maxDiskBytes?: number | undefined;
  /** Further members that are recorded with what is built. */
  readonly define?: Readonly<Record<string, string>> | undefined;
}

/** @throws StoreError INVALID_INPUT for a number that cannot be */
export function checkBuildSettings(settings: Partial<BuildSettings>): void {
  const { jobs, timeoutSeconds, silentTimeoutSeconds, maxLogBytes, maxDiskBytes } = settings;
  checkCounts({ jobs }, 1);
  checkAmounts({ timeoutSeconds, silentTimeoutSeconds, maxLogBytes, maxDiskBytes }, Number.POSITIVE_INFINITY);
}
