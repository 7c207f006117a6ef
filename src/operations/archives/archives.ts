import { StoreError } from "../../errors.ts";
import { type ArchivedObject, expendable, type Retention } from "../../model/archive-retention.ts";
import { checkAmounts, checkCounts } from "../../model/check-number.ts";
import { withReferences } from "../../model/closure.ts";
import type { BaseName, ProfileName } from "../../model/ids.ts";
import {
  type ArchiveLook,
  archiveObject,
  isArchived,
  listArchives,
  removeArchives,
  sweepArchives,
} from "../../store/archives.ts";
import { readSetting } from "../../store/config-file.ts";
import { readGeneration } from "../../store/generation-records.ts";
import { archivePath } from "../../store/layout.ts";
import { hasObject, readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { readPackedManifest } from "../../store/packed-manifest.ts";
import { readProfile } from "../../store/profiles.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { readRoots } from "../../store/roots.ts";
import { findObject } from "../packages/info.ts";
import { failureOf } from "../profiles/go-live.ts";
import type { RunOptions } from "../run-options.ts";
import { generationWith } from "./obtain/from-generation.ts";

export interface ListedArchive extends ArchivedObject {
  /** The object itself is in the store, too. */
  readonly present: boolean;
  /** A generation, pin or other root has it: it is never pruned. */
  readonly needed: boolean;
}

/** The packed objects that the store keeps. */
export function archives(store: Store): readonly ListedArchive[] {
  const { needed, untold } = neededObjects(store);
  return listArchives(store).map((each) => ({
    ...each,
    present: hasObject(store, each.path),
    needed: untold.length > 0 || needed.has(each.path),
  }));
}

export interface ArchiveRequest {
  /** Store paths or names of installed packages; none: all packages of the live generation. */
  readonly what: readonly string[];
  readonly profile: ProfileName;
  readonly cwd: string;
}

export interface ArchivedNow {
  readonly path: BaseName;
  /** Bytes of the file; absent when it was there already. */
  readonly size?: number;
}

/**
 * Packs objects, and all that they need, into the archives of the store. What is there already is read, and packed again
 * when it is damaged.
 */
export async function addToArchives(
  store: Store,
  { what, profile, cwd }: ArchiveRequest,
  run: RunOptions = {},
): Promise<readonly ArchivedNow[]> {
  const named = what.map((text) => findObject(store, profile, { what: text, cwd }));
  return archiveObjects(store, what.length > 0 ? named : liveObjects(store, profile), { ...run, look: "contents" });
}

/**
 * Packs what the live generation of a profile has, where the settings ask for that. What is there already is not read: that
 * would take longer than the change. A change that was made stays made whatever happens here: what goes wrong is a warning.
 */
export async function archiveByPolicy(store: Store, profile: ProfileName, run: RunOptions): Promise<void> {
  try {
    if (!readSetting(store, "archives.automatic")) return;
    await archiveObjects(store, liveObjects(store, profile), { ...run, look: "visible" });
  } catch (error) {
    const message = `the packages could not be archived: ${failureOf(store, error).message}`;
    run.onEvent?.({ kind: "warning", message, hint: "`store archive add` tries it again." });
  }
}

/**
 * Removes packed objects that the retention rules do not keep.
 * @throws StoreError DAMAGED when it cannot be told what is needed: then nothing is removed
 */
export function pruneArchives(
  store: Store,
  request: Partial<Retention> & { readonly dryRun?: boolean | undefined } = {},
): { readonly deleted: readonly BaseName[]; readonly freedBytes: number } {
  checkCounts({ keepLast: request.keepLast });
  checkAmounts({ youngerThan: request.youngerThan });
  if (!request.dryRun) refuseReadOnly(store);
  const keepLast = request.keepLast ?? readSetting(store, "archives.keep-last");
  const youngerThan = request.youngerThan ?? readSetting(store, "archives.younger-than").milliseconds;
  const now = store.context.now().getTime();
  const { needed, untold } = neededObjects(store);
  if (untold.length > 0) throw cannotTell(untold);
  const found = expendable(listArchives(store), { keepLast, youngerThan, needed, now });
  const deleted = found.map(({ path }) => path);
  if (!request.dryRun) {
    sweepArchives(store);
    removeArchives(store, deleted);
  }
  return { deleted, freedBytes: found.reduce((sum, { size }) => sum + size, 0) };
}

async function archiveObjects(
  store: Store,
  objects: readonly BaseName[],
  run: RunOptions & { readonly look: ArchiveLook },
): Promise<ArchivedNow[]> {
  refuseReadOnly(store);
  sweepArchives(store);
  const archived: ArchivedNow[] = [];
  for (const path of withReferences(objects, (object) => readManifest(store, object).references)) {
    run.signal?.throwIfAborted();
    if (readManifest(store, path).addressing === "input") {
      const message = `${path} is named by its derivation and cannot be archived: it would be built again`;
      run.onEvent?.({ kind: "warning", message });
      continue;
    }
    run.onEvent?.({ kind: "step", step: "export", subject: path });
    if (await isArchived(store, path, run)) archived.push({ path });
    else archived.push({ path, size: await archiveObject(store, path, run.signal) });
  }
  return archived;
}

function liveObjects(store: Store, profile: ProfileName): BaseName[] {
  const { packages } = readGeneration(store, profile, readProfile(store, profile).current);
  return packages.map(({ path }) => path);
}

interface Needed {
  readonly needed: ReadonlySet<BaseName>;
  /** Needed objects of which nobody knows what they need themselves. */
  readonly untold: readonly BaseName[];
}

/** What roots have, and all that it needs. A root that cannot be read stops this, since nobody knows what it has. */
function neededObjects(store: Store): Needed {
  const roots = readRoots(store);
  const coming = new Set(roots.filter(({ kind }) => kind === "lease").flatMap(({ objects }) => objects));
  const untold: BaseName[] = [];
  const all = roots.flatMap(({ objects }) => objects);
  const needed = withReferences(all, (object) => {
    const known = knownReferences(store, object);
    // What is only just being made has what it needs in its lease, too.
    if (known === undefined && !coming.has(object)) untold.push(object);
    return known ?? [];
  });
  return { needed: new Set(needed), untold };
}

/** As the manifest says; of an object that was lost with it, what it says itself where it is packed. */
function knownReferences(store: Store, object: BaseName): readonly BaseName[] | undefined {
  try {
    return readManifest(store, object).references;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return readPackedManifest(archivePath(store.layout, object))?.references ?? forestPackages(store, object);
  }
}

/** A forest needs what its generation has. */
function forestPackages(store: Store, object: BaseName): readonly BaseName[] | undefined {
  return generationWith(store, object)?.packages.map(({ path }) => path);
}

function cannotTell(untold: readonly BaseName[]): StoreError {
  return new StoreError("DAMAGED", `the manifest of ${untold.join(", ")} is lost: what it needs cannot be told`, {
    hint: "Nothing was removed. `store verify --repair` finds the manifest again, or tells who keeps the object: `store why`.",
    details: { objects: untold },
  });
}
