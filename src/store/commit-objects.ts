import { chmodSync, existsSync, lstatSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "../errors.ts";
import { type ByteString, fromText } from "../model/byte-string.ts";
import type { BaseName } from "../model/ids.ts";
import { printManifest } from "../model/manifest.ts";
import { syncDirectory, writeFilesAtomic } from "../system/atomic-file.ts";
import { flushFiles } from "../system/flush.ts";
import { exchange } from "../system/native-calls.ts";
import { randomName } from "../system/random-name.ts";
import { removeTree } from "../system/remove-tree.ts";
import { isWhole } from "./check-object.ts";
import { doubtPool } from "./collection/pool-mark.ts";
import { freezeDirectory } from "./import/freeze.ts";
import { poolInThreads } from "./import/runner.ts";
import { changeManifests } from "./index/manifest-changes.ts";
import { besidePath, discardedPath, fileListPath, type Layout, manifestPath, objectPath, twinPath } from "./layout.ts";
import { lockObjects } from "./lock-objects.ts";
import { hasObject } from "./manifests.ts";
import type { Store } from "./open-store.ts";
import { refuseReadOnly } from "./refuse-read-only.ts";
import type { Pooling, StagedObject } from "./stage-object.ts";

/**
 * Makes staged objects durable, then visible, then valid, in this order: flush of the content, links from the pool,
 * frozen directories, rename into the storeDir, file list, manifest. A process killed in between leaves no object that is valid and torn.
 */
export async function commitObjects(
  store: Store,
  staged: readonly StagedObject[],
  signal?: AbortSignal,
): Promise<void> {
  const fresh = staged.filter(({ reused }) => !reused);
  if (fresh.length === 0) return;
  refuseReadOnly(store);
  await flushFiles(store.layout.temporary, freshPaths(fresh));
  try {
    for (const { pooling } of fresh) if (pooling) await poolAndFreeze(pooling);
    signal?.throwIfAborted();
    await makeValid(store, fresh, signal);
  } catch (error) {
    doubtPool(store);
    throw error;
  }
}

async function makeValid(store: Store, fresh: readonly StagedObject[], signal: AbortSignal | undefined): Promise<void> {
  using _lock = await lockObjects(store, signal);
  const discarded: string[] = [];
  const moved = fresh.filter((object) => moveIntoStore(store, object, discarded));
  if (moved.length < fresh.length) doubtPool(store);
  syncDirectory(store.layout.storeDir);
  writeManifests(store.layout, moved);
  // Not before: until what takes its place is there for good, a damaged object is the only one.
  for (const path of discarded) removeTree(path);
}

function* freshPaths(staged: readonly StagedObject[]): Iterable<ByteString> {
  for (const { fresh } of staged) yield* fresh;
}

/** In this order: where a file of the pool takes the place of an equal one, its directory is written to. */
async function poolAndFreeze({ settings, batches, directories }: Pooling): Promise<void> {
  await poolInThreads(settings, batches);
  for (const path of directories) freezeDirectory(path);
}

/** Whether it was moved: another process can have been first. What lay in its place is added to `discarded`. */
function moveIntoStore(store: Store, { directory, manifest, replaces }: StagedObject, discarded: string[]): boolean {
  const { layout } = store;
  if (
    hasObject(store, manifest.path) &&
    (replaces === "never" || (replaces === "damaged" && isWhole(store, manifest.path)))
  )
    return false;
  const target = objectPath(layout, manifest.path);
  if (lstatSync(target, { throwIfNoEntry: false })) {
    doubtPool(store);
    // A build would be given its files instead of those of the new object.
    removeTree(twinPath(layout, manifest.path));
  }
  try {
    renameSync(directory, target);
    freezeDirectory(fromText(target));
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw error;
    discarded.push(takePlace(layout, directory, manifest.path));
  }
  return true;
}

/**
 * Puts a tree in the place of what has no manifest, which a killed process left, or of what is damaged. There is one or
 * the other at any time where the filesystem can exchange two names. Returns where the old tree is.
 */
function takePlace(layout: Layout, directory: string, object: BaseName): string {
  const target = objectPath(layout, object);
  const beside = besidePath(layout, randomName());
  const discarded = discardedPath(layout, object, randomName());
  renameSync(directory, beside);
  try {
    freezeDirectory(fromText(beside));
    if (exchange(beside, target)) moveFrozen(beside, discarded);
    else {
      moveFrozen(target, discarded);
      renameSync(beside, target);
    }
  } catch (error) {
    // Whichever of the two it is by now: it goes with what was staged.
    moveFrozen(beside, directory);
    if (!existsSync(target) && existsSync(discarded)) renameSync(discarded, target);
    throw error;
  }
  return discarded;
}

/** To move a directory into another one must be able to write to it. */
function moveFrozen(from: string, to: string): void {
  if (lstatSync(from).isDirectory()) chmodSync(from, 0o755);
  renameSync(from, to);
}

/** Their temporary files lie where the objects lay: nobody looks for leftovers among a hundred thousand manifests. */
function writeManifests(layout: Layout, staged: readonly StagedObject[]): void {
  const [first] = staged;
  if (!first) return;
  const scratch = dirname(first.directory);
  const objects = staged.map(({ manifest }) => manifest.path);
  changeManifests(layout, objects, () => {
    writeFilesAtomic(
      staged.map(({ manifest, fileList }) => ({ path: fileListPath(layout, manifest.path), content: fileList })),
      { scratch },
    );
    writeFilesAtomic(
      staged.map(({ manifest }) => ({ path: manifestPath(layout, manifest.path), content: printManifest(manifest) })),
      { scratch },
    );
  });
}
