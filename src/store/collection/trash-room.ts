import { chmodSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { isErrno } from "../../errors.ts";
import { removeCounting } from "../../system/disk-usage.ts";
import { randomName } from "../../system/random-name.ts";
import type { Layout } from "../layout.ts";
import type { Freed } from "./remove-with.ts";
import { removeOr } from "./stuck.ts";

/**
 * Names in the trash: no directory, for which a full disk has no room. What is moved there is out of everybody's way at
 * once, and takes its time to be removed.
 */
export interface TrashRoom {
  /** Whether there was anything to move. */
  take(path: string): boolean;
  /** Removes what was taken, with a pause for others behind each; whether none of its inodes lives on under other names. */
  empty(told: Freed): Promise<boolean>;
}

export function makeTrashRoom(layout: Layout): TrashRoom {
  const nameOf = (number: number) => join(layout.trash, `${mark}.${number}`);
  const mark = randomName();
  let count = 0;
  return {
    take(path) {
      const moved = move(path, nameOf(count));
      if (moved) count += 1;
      return moved;
    },
    async empty({ freed, stuck }) {
      let nothingLives = true;
      for (; count > 0; count--) {
        const living = removeOr(stuck, () => removeCounting(nameOf(count - 1), freed));
        nothingLives &&= living === 0;
        await turn();
      }
      return nothingLives;
    },
  };
}

/** Moves a file or directory, also one that is frozen; false when there is none. */
export function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    if (!isErrno(error, "EACCES", "EPERM")) throw error;
    // To move a directory into another one must be able to write to it.
    chmodSync(from, 0o700);
    renameSync(from, to);
    return true;
  }
}
