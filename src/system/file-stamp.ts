import { statSync } from "node:fs";

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
