import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { type BaseName, isBaseName } from "../../model/ids.ts";
import { TEMPORARY_MARK } from "../../system/atomic-file.ts";
import { namesIn } from "../../system/names-in.ts";
import { listStaleDirectories } from "../../system/temporary-directory.ts";
import { listUnfinishedArchives } from "../archives.ts";
import { listOutputs } from "../builds.ts";
import { objectPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import { listResultLinks } from "../result-links.ts";
import type { StoreObjects } from "./load-objects.ts";
import type { Marked } from "./mark.ts";

/** Something that is no object and that nothing needs. */
export interface Leftover {
  readonly path: string;
  /**
   * It may only go when this is no valid object and no lease holds it, which is looked at under the lock on objects;
   * `null`: it may go under that lock. Absent: nobody else touches it.
   */
  readonly unless?: BaseName | null;
  /** A temporary directory: it goes with the lock beside it, and only while nobody holds that. */
  readonly isTemporary?: boolean;
  /** When it was last of use, in milliseconds since 1970; one that is used again stays. */
  readonly time?: number;
}

/** How long things are kept that can be made again, in milliseconds; `undefined`: for ever. */
export interface Retention {
  readonly buildLogs: number | undefined;
  readonly failedBuilds: number | undefined;
}

/** What killed processes left, what belonged to objects that are gone or go, and what is older than it is kept. */
export function findLeftovers(
  store: Store,
  objects: StoreObjects,
  { marked, retention }: { readonly marked: Marked; readonly retention: Retention },
): Leftover[] {
  const { layout } = store;
  const fate = createFate(objects, marked);
  const ownerless = (directory: string, names: Iterable<string>): Leftover[] => {
    const found: Leftover[] = [];
    for (const name of names)
      if (fate(name) === "unknown") found.push({ path: join(directory, name), unless: isBaseName(name) ? name : null });
    return found;
  };
  return [
    ...namesIn(layout.trash).flatMap((name) =>
      isOnlyCopy(store, objects, name) ? [] : [{ path: join(layout.trash, name), unless: null }],
    ),
    ...listStaleDirectories(layout.temporary).map((path) => ({ path, isTemporary: true })),
    ...ownerless(layout.storeDir, objects.present),
    ...ownerless(layout.twins, namesIn(layout.twins)),
    ...objects.strays.flatMap((name): Leftover[] => {
      const owner = name.replace(/\.files$/, "");
      if (isBaseName(owner)) return [{ path: join(layout.manifests, name), unless: owner }];
      return name.startsWith(TEMPORARY_MARK) ? [{ path: join(layout.manifests, name), unless: null }] : [];
    }),
    ...listResultLinks(store).flatMap(({ record, object }) => (object ? [] : [{ path: record }])),
    ...listOutputs(store).flatMap(({ file, output }) =>
      fate(output) === "stays" ? [] : [{ path: file, unless: output }],
    ),
    ...listUnfinishedArchives(store).map(datedLeftover),
    ...oldFiles(store, retention),
  ];
}

/** Somebody was killed while he put a good object in the place of a damaged one: this is what is left of it. */
function isOnlyCopy({ layout }: Store, { graph }: StoreObjects, name: string): boolean {
  const object = name.replace(/^[0-9a-f]{16}-/, "") as BaseName;
  return object !== name && graph.names.numberOf(object) !== undefined && !existsSync(objectPath(layout, object));
}

/** What becomes of an object: `unknown` for a name that is none, and that nothing asks for. */
function createFate({ graph, damaged }: StoreObjects, marked: Marked): (name: string) => "stays" | "goes" | "unknown" {
  const dying = new Set<string>(marked.damaged);
  return (name) => {
    const number = graph.names.numberOf(name as BaseName);
    if (marked.awaited.has(name)) return "stays";
    if (number === undefined) return dying.has(name) ? "goes" : damaged.has(name as BaseName) ? "stays" : "unknown";
    if (marked.marks[number] === 1) return "stays";
    return number < graph.known ? "goes" : "unknown";
  };
}

function oldFiles(store: Store, { buildLogs, failedBuilds }: Retention): Leftover[] {
  const { layout } = store;
  const now = store.context.now().getTime();
  const older = (directory: string, names: readonly string[], age: number | undefined): Leftover[] =>
    names
      .map((name) => join(directory, name))
      .filter((path) => age !== undefined && modifiedAt(path) < now - age)
      .map(datedLeftover);
  const notes = namesIn(layout.builds).filter((name) => name.endsWith(".failed.json"));
  const trees = join(layout.builds, "failed");
  return [
    ...older(layout.buildLogs, namesIn(layout.buildLogs), buildLogs),
    ...older(layout.builds, notes, failedBuilds),
    ...older(trees, namesIn(trees), failedBuilds),
  ];
}

function modifiedAt(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

/** Something that goes because it is old. */
export function datedLeftover(path: string): Leftover {
  return { path, time: modifiedAt(path) };
}

/** Whether it is as it was when it was found. */
export function isStillOld({ path, time }: Leftover): boolean {
  return time === undefined || modifiedAt(path) === time;
}

/** Everything that vanishes with it. */
export function pathsOfLeftover({ path, isTemporary }: Leftover): string[] {
  return isTemporary ? [path, `${path}.lock`] : [path];
}
