import { appendFileSync, statSync } from "node:fs";
import type { BaseName } from "../../model/ids.ts";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import { removeFile } from "../../system/remove-file.ts";
import { type Layout, manifestChanges } from "../layout.ts";

/** What the directory of manifests looks like: another text after every change of its names. */
export interface DirectoryState {
  readonly text: string;
  /** Not while a further change could leave it looking the same. */
  readonly settled: boolean;
}

/** Milliseconds within which two changes of a directory can carry the same time. */
const TIME_STEP_MS = 50;

export function manifestsState({ manifests }: Layout): DirectoryState {
  const { mtimeNs, ino } = statSync(manifests, { bigint: true });
  return { text: `${ino} ${mtimeNs}`, settled: Date.now() - Number(mtimeNs / 1_000_000n) > TIME_STEP_MS };
}

/**
 * Adds, replaces or removes manifests of these objects, and tells the index, which then need not look at all others. The
 * caller holds the lock on objects. What is not told, or lost, costs the index time and nothing else.
 */
export function changeManifests(layout: Layout, objects: readonly BaseName[], change: () => void): void {
  const before = manifestsState(layout).text;
  change();
  const line = JSON.stringify({ from: before, to: manifestsState(layout).text, objects });
  try {
    appendFileSync(manifestChanges(layout), `${line}\n`);
  } catch {
    // The index, or its directory, need not be there.
  }
}

/** Objects whose manifests are others than they were in the first state; `undefined` when that is not known of all. */
export function objectsChanged(layout: Layout, from: string, to: string): ReadonlySet<BaseName> | undefined {
  const changes = readTextIfPresent(manifestChanges(layout))?.split("\n").slice(0, -1).map(parseChange) ?? [];
  const first = changes.findIndex((change) => change?.from === from);
  if (first < 0) return undefined;
  const objects = new Set<BaseName>();
  let state = from;
  for (const change of changes.slice(first)) {
    if (change?.from !== state) return undefined;
    for (const object of change.objects) objects.add(object);
    state = change.to;
  }
  return state === to ? objects : undefined;
}

/** Called when the index knows all of them, by who holds its lock. */
export function forgetChanges(layout: Layout): void {
  const size = statSync(manifestChanges(layout), { throwIfNoEntry: false })?.size ?? 0;
  if (size > MUCH) removeFile(manifestChanges(layout));
}

/** Bytes: the names of some ten thousand objects. */
const MUCH = 1 << 19;

interface Change {
  readonly from: string;
  readonly to: string;
  readonly objects: readonly BaseName[];
}

/** A process that was killed can have left part of a line. */
function parseChange(line: string): Change | undefined {
  try {
    return JSON.parse(line) as Change;
  } catch {
    return undefined;
  }
}
