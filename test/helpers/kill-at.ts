import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

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
  let left = step;
  const table = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of CALLS) {
    const real = table[name] as (...args: unknown[]) => unknown;
    table[name] = (...args) => {
      left -= 1;
      if (left === 0) {
        if (name === "writeSync") writeHalf(real, args);
        process.kill(process.pid, "SIGKILL");
      }
      return real(...args);
    };
  }
  syncBuiltinESMExports();
}

function writeHalf(write: (...args: unknown[]) => unknown, args: readonly unknown[]): void {
  const [fd, bytes, offset, length] = args;
  if (Buffer.isBuffer(bytes) && typeof length === "number") write(fd, bytes, offset, length >> 1);
}
