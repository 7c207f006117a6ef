import { type Stats, statSync } from "node:fs";

/**
 * A text that is another one when a file's content, or a directory's list of names, was changed: nobody can set the
 * time of the last change of an inode. `undefined` when there is nothing.
 */
export function fileStamp(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status && `${status.dev} ${status.ino} ${status.size} ${status.mtimeMs} ${status.ctimeMs}`;
}

/** Milliseconds within which two changes can carry the same time. */
const TIME_STEP_MS = 50;

/** Whether the file was not changed since `time`, in milliseconds, nor could have been without leaving a trace. */
export function isOlderThan(path: string, time: number): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined || Math.max(status.ctimeMs, status.mtimeMs) < time - TIME_STEP_MS;
}

/** Milliseconds that a file must have been left alone before it is looked at, on a filesystem whose times are whole seconds. */
const SETTLED_MS = 2000;

/**
 * A number from 1 to below 2⁵³ that stands for what lies at a path: it is another one when the content of the file, its
 * mode or the file itself was changed since. 0: it was changed so lately that another change could leave no trace.
 */
export function filePrint(path: string, { dev, ino, mode, size, mtimeMs, ctimeMs }: Stats): number {
  const age = Date.now() - Math.max(mtimeMs, ctimeMs);
  if (!(age > (Number.isInteger(ctimeMs / 1000) ? SETTLED_MS : TIME_STEP_MS))) return 0;
  NUMBERS.set([dev, ino, mode, size, mtimeMs, ctimeMs]);
  return printOf(path, WORDS);
}

/** The same for a text; never 0. */
export function textPrint(text: string): number {
  return printOf(text, NOTHING);
}

const NUMBERS = new Float64Array(6);
const WORDS = new Uint32Array(NUMBERS.buffer);
const NOTHING = new Uint32Array(0);

/** Two sums in the manner of FNV-1a, of 32 and of 20 bits. */
function printOf(text: string, words: Uint32Array): number {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  for (const word of words) {
    low = Math.imul(low ^ word, 0x01000193);
    low ^= low >>> 15;
    high = Math.imul(high ^ word, 0x85ebca6b);
    high ^= high >>> 13;
  }
  return 1 + (low >>> 0) + (high >>> 12) * 2 ** 32;
}
