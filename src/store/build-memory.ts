import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DerivationKey } from "../model/derivation.ts";
import type { OptionValue } from "../model/generation.ts";
import type { BaseName, PackageName, PackageVersion } from "../model/ids.ts";
import { readTextIfPresent } from "../system/atomic-file.ts";
import type { Store } from "./open-store.ts";

/** What a request to build came to, and everything on which that depended: a cache, without which it is worked out. */
export interface BuildMemory {
  /** All of the request that decides what is built, as text. */
  readonly request: string;
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
  const text = readTextIfPresent(memoryFile(store, request));
  try {
    const memory = JSON.parse(text ?? "") as BuildMemory;
    return memory.request === request ? memory : undefined;
  } catch {
    return undefined;
  }
}

/** What is torn by a crash is no JSON, and not believed. */
export function writeBuildMemory(store: Store, memory: BuildMemory): void {
  const directory = store.layout.buildMemory;
  mkdirSync(directory, { recursive: true });
  const others = readdirSync(directory);
  if (others.length >= MOST_KEPT) for (const name of others) rmSync(join(directory, name), { force: true });
  writeFileSync(memoryFile(store, memory.request), JSON.stringify(memory));
}

const MOST_KEPT = 100;

function memoryFile(store: Store, request: string): string {
  return join(store.layout.buildMemory, `${shortHash(request)}.json`);
}

/** FNV-1a, 32 bits: the text itself is compared. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
