import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

/** What changes files, of the calls that the store's synchronous code makes. */
const CALLS = [
  "openSync",
  "writeSync",
  "fsyncSync",
  "ftruncateSync",
  "renameSync",
  "rmSync",
  "mkdirSync",
  "symlinkSync",
] as const;

/** Kills this process at the call with this number, from 1; of a write, half is done before. */
export function killAt(step: number): void {
  visitCalls((number) => {
    if (number === step) process.kill(process.pid, "SIGKILL");
  });
}

/**
 * Copies a directory of plain files into `<moments>/<number>` at each call, as it is there: what a process that is killed
 * at it leaves behind. Beside it lies what `tell` says then.
 */
export function keepMoments(directory: string, moments: string, tell: () => string): void {
  const copy = (from: string, to: string): void => {
    fs.mkdirSync(to);
    for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
      const [path, place] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isDirectory()) copy(path, place);
      else fs.writeFileSync(place, fs.readFileSync(path));
    }
  };
  visitCalls((number) => {
    copy(directory, join(moments, `${number}`));
    fs.writeFileSync(join(moments, `${number}.told`), tell());
  });
}

/** Calls `visit` with the number of each call, from 1, before it; a write has then come half-way. */
function visitCalls(visit: (number: number) => void): void {
  let number = 0;
  let isVisiting = false;
  const table = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CALLS) {
    const real = table[name] as (...args: unknown[]) => unknown;
    table[name] = (...args) => {
      if (isVisiting) return real(...args);
      number += 1;
      const written = name === "writeSync" ? writeHalf(real, args) : 0;
      isVisiting = true;
      visit(number);
      isVisiting = false;
      if (written === 0) return real(...args);
      const [fd, bytes, offset, length] = args as [number, Buffer, number, number];
      return written + (real(fd, bytes, offset + written, length - written) as number);
    };
  }
  syncBuiltinESMExports();
}

/** How much was written: nothing of what is no part of a buffer. */
function writeHalf(write: (...args: unknown[]) => unknown, args: readonly unknown[]): number {
  const [fd, bytes, offset, length] = args;
  if (!Buffer.isBuffer(bytes) || typeof length !== "number") return 0;
  return write(fd, bytes, offset, length >> 1) as number;
}
