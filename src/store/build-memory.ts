import type { DerivationKey } from "../model/derivation.ts";
import type { OptionValue } from "../model/generation.ts";
import type { BaseName, PackageName, PackageVersion } from "../model/ids.ts";
import { type Memory, readMemory, writeMemory } from "./memory-file.ts";
import type { Store } from "./open-store.ts";

/**
 * What a request to build came to, and everything on which that depended: a cache, without which it is worked out. The
 * request is all that decides what is built.
 */
export interface BuildMemory extends Memory {
  /** Files and directories that were looked at, with `fileStamp`. */
  readonly stamps: readonly (readonly [path: string, stamp: string])[];
  /** Every package of the graph. */
  readonly builds: readonly (readonly [key: DerivationKey, output: BaseName])[];
  /** What was asked for. */
  readonly wanted: readonly RememberedPackage[];
}

export interface RememberedPackage {
  readonly baseName: BaseName;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly key: DerivationKey;
}

/** `undefined` when there is none of this request, or it is damaged. */
export function readBuildMemory(store: Store, request: string): BuildMemory | undefined {
  return readMemory(store.layout.buildMemory, request);
}

export function writeBuildMemory(store: Store, memory: BuildMemory): void {
  writeMemory(store.layout.buildMemory, memory);
}
