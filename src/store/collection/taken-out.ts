import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../../errors.ts";
import { fromText } from "../../model/byte-string.ts";
import type { BaseName } from "../../model/ids.ts";
import { syncDirectory } from "../../system/atomic-file.ts";
import { randomName } from "../../system/random-name.ts";
import { removeTree } from "../../system/remove-tree.ts";
import { freezeDirectory } from "../import/freeze.ts";
import { changeManifests } from "../index/manifest-changes.ts";
import { fileListPath, type Layout, layoutOf, manifestPath, objectPath, twinPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import { hasTwins } from "../twins.ts";
import type { Hands } from "./collection-task.ts";
import { type Freed, removeWith } from "./remove-with.ts";
import { move } from "./trash-room.ts";

/** Objects that lie in a directory of the trash, whole, with their manifests: nobody finds them, and they can be put back. */
export interface TakenOut {
  has(object: BaseName): boolean;
  objects(): readonly BaseName[];
  /** Under the lock on objects: no manifest stands when a tree goes. */
  take(objects: readonly BaseName[]): void;
  /** Under the lock on objects: the last first, so that what is valid never needs what is not. */
  putBack(isWanted: (object: BaseName) => boolean): void;
  /** Has them removed, with what the pool has of them alone; whether that was all. */
  remove(hands: Hands, told: Freed): Promise<boolean>;
}

export function createTakenOut(store: Store): TakenOut {
  const { layout } = store;
  let room: Layout | undefined;
  const taken = new Set<BaseName>();
  const twins = hasTwins(store);
  const places = [manifestPath, fileListPath, objectPath, ...(twins ? [twinPath] : [])];
  return {
    has: (object) => taken.has(object),
    objects: () => [...taken],
    take(objects) {
      const into = room && taken.size > 0 ? room : makeRoom(layout);
      room = into;
      changeManifests(layout, objects, () => {
        for (const object of objects) {
          move(manifestPath(layout, object), manifestPath(into, object));
          taken.add(object);
        }
        for (const object of objects)
          for (const place of places.slice(1)) move(place(layout, object), place(into, object));
      });
    },
    putBack(isWanted) {
      const from = room;
      const wanted = from ? [...taken].filter(isWanted).reverse() : [];
      changeManifests(layout, wanted, () => {
        for (const object of wanted) if (from && putBackObject(layout, from, object)) taken.delete(object);
      });
      for (const directory of [layout.storeDir, layout.manifests]) if (wanted.length > 0) syncDirectory(directory);
    },
    async remove(hands, told) {
      const removed = [...taken];
      taken.clear();
      if (room === undefined || removed.length === 0) return true;
      // A tree may only be torn when its manifest is gone for good.
      syncDirectory(layout.manifests);
      const before = told.stuck.length;
      const poolIsKnown = await removeWith(hands, { room, files: layout.files, twins, objects: removed }, told);
      // What stays is in the trash, for the next collection.
      if (told.stuck.length === before) removeTree(room.root);
      return poolIsKnown;
    },
  };
}

/** A directory of the trash that is laid out as a store is; on a disk that is too full for directories, those there are. */
function makeRoom({ trash, temporary, width }: Layout): Layout {
  const room = layoutOf(join(trash, randomName()), width);
  try {
    for (const path of [room.storeDir, room.manifests, room.twins]) mkdirSync(path, { recursive: true, mode: 0o700 });
    return room;
  } catch (error) {
    removeTree(room.root);
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
    // A twin has the name of its object. It can be made anew, should a sweep of `tmp/` take it.
    return { ...room, storeDir: trash, manifests: trash, twins: temporary };
  }
}

/** False when somebody added the same object meanwhile. */
function putBackObject(layout: Layout, room: Layout, object: BaseName): boolean {
  const path = objectPath(layout, object);
  if (existsSync(path)) return false;
  if (move(objectPath(room, object), path)) freezeDirectory(fromText(path));
  for (const place of [twinPath, fileListPath, manifestPath]) move(place(room, object), place(layout, object));
  return true;
}
