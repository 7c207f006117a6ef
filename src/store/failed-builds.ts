import { existsSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../errors.ts";
import type { DerivationKey } from "../model/derivation.ts";
import { isJsonObject } from "../model/json-object.ts";
import { readTextIfPresent, writeFileAtomic } from "../system/atomic-file.ts";
import { namesIn } from "../system/names-in.ts";
import { removeFile } from "../system/remove-file.ts";
import type { Store } from "./open-store.ts";

/** A build that failed, or was interrupted: by which name and when. Its log lies where logs of builds lie. */
export interface FailedBuild {
  readonly key: DerivationKey;
  readonly name: string;
  readonly id: string;
  readonly phase: string | undefined;
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  /** Somebody ended it, or another build that failed did: nothing is known to be wrong with it. */
  readonly interrupted?: boolean | undefined;
}

/**
 * Notes that a build failed, unless the disk is too full for that: it must not hide why it failed. `scratch` is a
 * directory of the store that vanishes with its process.
 */
export function noteFailedBuild(store: Store, failed: FailedBuild, scratch: string): void {
  try {
    writeFileAtomic(noteFile(store, failed.key), `${JSON.stringify({ format: 1, ...failed })}\n`, { scratch });
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

/** A build that succeeded is no failed one any more. */
export function forgetFailedBuild(store: Store, key: DerivationKey): void {
  removeFile(noteFile(store, key));
}

/** Newest first. */
export function listFailedLogs(store: Store): FailedBuild[] {
  const names = namesIn(store.layout.builds).filter((name) => name.endsWith(".failed.json"));
  const notes = names.flatMap((name) => parseNote(readTextIfPresent(join(store.layout.builds, name)) ?? ""));
  return notes.sort((a, b) => b.time - a.time);
}

/** Where the tree of a failed build is kept, when it is. */
export function failedTreePath(store: Store, key: DerivationKey): string {
  return join(store.layout.builds, "failed", key);
}

export function hasFailedTree(store: Store, key: DerivationKey): boolean {
  return existsSync(failedTreePath(store, key));
}

function noteFile(store: Store, key: DerivationKey): string {
  return join(store.layout.builds, `${key}.failed.json`);
}

function parseNote(text: string): FailedBuild[] {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && typeof value.key === "string" ? [value as unknown as FailedBuild] : [];
  } catch {
    return [];
  }
}
