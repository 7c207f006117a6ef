import { closeSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { isErrno } from "../errors.ts";
import { writeAll, writeFileAtomic } from "../system/atomic-file.ts";

/** The log of a running build: kept whole on disk, its end in memory. */
export interface BuildLog {
  /** Bytes of one line, one character each. */
  write(line: string): void;
  /** The last lines, oldest first, as text. */
  tail(): string[];
  /** How many lines there are. */
  count(): number;
  /** Ends the log and keeps it compressed at `path`, as far as the disk has room for it. */
  close(path: string): void;
  /** Whether all of it is kept: a full disk ends no build that can do without, and hides no other reason. */
  isWhole(): boolean;
}

/** Lines that are kept in memory to find out why a build failed. */
const TAIL_LINES = 5000;

/** Starts a log in a temporary file. */
export function startBuildLog(file: string): BuildLog {
  const fd = openSync(file, "wx+", 0o600);
  const tail: string[] = [];
  let count = 0;
  let isWhole = true;
  const asFarAsThereIsRoom = (step: () => void) => {
    try {
      step();
    } catch (error) {
      if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
      isWhole = false;
    }
  };
  return {
    write(line) {
      if (isWhole) asFarAsThereIsRoom(() => writeAll(fd, Buffer.from(`${line}\n`, "latin1")));
      tail.push(line);
      count += 1;
      if (tail.length > 2 * TAIL_LINES) tail.splice(0, tail.length - TAIL_LINES);
    },
    tail: () => tail.slice(-TAIL_LINES).map((line) => Buffer.from(line, "latin1").toString("utf8")),
    count: () => count,
    close(path) {
      closeSync(fd);
      asFarAsThereIsRoom(() => writeFileAtomic(path, compress(readFileSync(file)), { scratch: dirname(file) }));
    },
    isWhole: () => isWhole,
  };
}

/** Most logs are a few lines, and to make room for long ones takes longer than to compress them. */
function compress(log: Buffer): Buffer {
  return gzipSync(log, log.length <= SHORT_LOG ? { windowBits: 12, memLevel: 5, chunkSize: SHORT_LOG } : {});
}

const SHORT_LOG = 4096;
