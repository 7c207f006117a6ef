import { appendFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject } from "../../model/json-object.ts";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import { type Lock, tryAcquireLock } from "../../system/lock.ts";
import { removeFile } from "../../system/remove-file.ts";
import { indexPlace, makeIndexDirectory } from "../index/index-place.ts";
import { lockPath } from "../layout.ts";
import type { Store } from "../open-store.ts";
import type { GoodFiles } from "./inode-table.ts";

/** What a reading of the whole store has read so far, kept so that the next one can go on where it was stopped. */
export interface VerifyProgress extends Disposable {
  /** What an earlier reading, that did not come to its end, found good. */
  readonly known: GoodFiles;
  /** When that began, UTC (RFC 3339). */
  readonly began: string | undefined;
  add(good: readonly number[]): void;
  /** The reading came to its end: the next begins anew. */
  finish(): void;
}

const FORMAT = 1;
/** What was read longer ago is read again: a disk can have gone bad since. */
const STALE_MS = 7 * 24 * 3600 * 1000;
const TRIPLE_BYTES = 3 * Float64Array.BYTES_PER_ELEMENT;

/**
 * Takes up the progress of an earlier reading, unless it is of another store or too old. While another process keeps its
 * own, and where nothing can be written, none is kept.
 */
export function openProgress(store: Store): VerifyProgress {
  const { command, now } = store.context;
  const lock = quietly(() => tryAcquireLock(lockPath(store.layout, "verify"), command.join(" "), now));
  if (!lock) return keepNothing();
  const files = filesOf(store);
  const earlier = readEarlier(store, files);
  if (!earlier) begin(store, files);
  return keepIn(files, { lock, known: earlier?.known ?? new Float64Array(), began: earlier?.began });
}

interface Files {
  readonly head: string;
  readonly data: string;
}

function filesOf(store: Store): Files {
  const directory = indexPlace(store).path ?? store.layout.index;
  return { head: join(directory, "verify.json"), data: join(directory, "verify.good") };
}

function readEarlier(
  store: Store,
  { head, data }: Files,
): { readonly began: string; readonly known: GoodFiles } | undefined {
  return quietly(() => {
    const value: unknown = JSON.parse(readTextIfPresent(head) ?? "null");
    if (!isJsonObject(value) || value.format !== FORMAT || value.store !== store.file.id) return undefined;
    if (typeof value.began !== "string") return undefined;
    const age = store.context.now().getTime() - Date.parse(value.began);
    if (!(age >= 0 && age < STALE_MS)) return undefined;
    const whole = statSync(data).size - (statSync(data).size % TRIPLE_BYTES);
    // A killed process can have written half of the last one.
    truncateSync(data, whole);
    const bytes = readFileSync(data);
    return { began: value.began, known: new Float64Array(new Uint8Array(bytes).buffer) };
  });
}

function begin(store: Store, { head, data }: Files): void {
  quietly(() => {
    if (makeIndexDirectory(store) === undefined) mkdirSync(store.layout.index, { recursive: true });
    removeFile(data);
    const value = { format: FORMAT, store: store.file.id, began: store.context.now().toISOString() };
    // Half of it is no JSON, and counts as none.
    writeFileSync(head, `${JSON.stringify(value)}\n`);
    appendFileSync(data, "");
  });
}

function keepIn(
  { head, data }: Files,
  opened: { readonly lock: Lock; readonly known: GoodFiles; readonly began: string | undefined },
): VerifyProgress {
  const { lock, known, began } = opened;
  return {
    known,
    began,
    add: (good) => void quietly(() => appendFileSync(data, new Uint8Array(Float64Array.from(good).buffer))),
    finish() {
      for (const path of [head, data]) quietly(() => removeFile(path));
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

function keepNothing(): VerifyProgress {
  return {
    known: new Float64Array(),
    began: undefined,
    add: () => {},
    finish: () => {},
    [Symbol.dispose]: () => {},
  };
}

/** Progress is a convenience: a full or read-only disk must not stop the reading. */
function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
