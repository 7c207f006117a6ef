import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "../../errors.ts";
import { readTextIfPresent, syncDirectory } from "../../system/atomic-file.ts";
import { removeFile } from "../../system/remove-file.ts";
import { poolMark } from "../layout.ts";
import type { Store } from "../open-store.ts";

/** The pool is looked through at least as often as this, whatever the mark says: people remove things by hand. */
const DAYS = 30;
const DAY_MS = 24 * 3_600_000;

/**
 * Whether every file of the pool is in an object. Then a collection need only look at those of the objects that it
 * deletes, and not at a million others.
 */
export function isPoolTidy(store: Store): boolean {
  try {
    const { format, store: id, swept } = JSON.parse(readTextIfPresent(poolMark(store.layout)) ?? "{}");
    const age = store.context.now().getTime() - Date.parse(swept);
    return format === 1 && id === store.file.id && age >= 0 && age < DAYS * DAY_MS;
  } catch {
    return false;
  }
}

/** Called before something is done that can leave files in the pool that no object has. */
export function doubtPool(store: Store): void {
  const marks = [poolMark(store.layout), sweepingMark(store)].filter((path) => existsSync(path));
  for (const path of marks) removeFile(path);
  if (marks.length > 0) flushMarks(store);
}

/** A mark that is taken away and comes back with a loss of power would lie. */
function flushMarks({ layout }: Store): void {
  try {
    syncDirectory(dirname(poolMark(layout)));
  } catch {
    // Where it cannot be flushed it is removed all the same, and nothing of what is done depends on it.
  }
}

/** From its beginning on until it ends well, a collection leaves such files when it is killed. */
export interface PoolSweep {
  /** Whether all of the pool must be looked at. */
  readonly whole: boolean;
  /** Called when nothing is left in `tmp/` of killed processes: who works there from now on can drop files of the pool. */
  watch(): void;
  /** `isWhole`: that was done, or was not needed. */
  end(isWhole: boolean): void;
}

/** The caller holds the lock on collections. */
export function beginPoolSweep(store: Store): PoolSweep {
  const whole = !(isPoolTidy(store) && moved(poolMark(store.layout), sweepingMark(store)));
  if (whole) writeMark(store);
  else flushMarks(store);
  let before: ReturnType<typeof temporaryState>;
  return {
    whole,
    watch() {
      before = temporaryState(store);
    },
    end(isWhole) {
      if (isWhole && before?.empty && temporaryState(store)?.time === before.time)
        moved(sweepingMark(store), poolMark(store.layout));
      else doubtPool(store);
    },
  };
}

function writeMark(store: Store): void {
  doubtPool(store);
  const mark = { format: 1, store: store.file.id, swept: store.context.now().toISOString() };
  try {
    mkdirSync(dirname(sweepingMark(store)), { recursive: true });
    writeFileSync(sweepingMark(store), `${JSON.stringify(mark)}\n`);
  } catch {
    // Without a mark the next collection looks at all of the pool again.
  }
}

/** False when somebody came to doubt the pool meanwhile. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "EROFS", "ENOSPC")) return false;
    throw error;
  }
}

function temporaryState({ layout }: Store): { readonly empty: boolean; readonly time: bigint } | undefined {
  const status = lstatSync(layout.temporary, { bigint: true, throwIfNoEntry: false });
  return status && { empty: readdirSync(layout.temporary).length === 0, time: status.mtimeNs };
}

function sweepingMark(store: Store): string {
  return `${poolMark(store.layout)}.sweeping`;
}
