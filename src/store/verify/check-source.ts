import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import { isErrno } from "../../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../../model/byte-string.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { TEMPORARY_MARK } from "../../system/atomic-file.ts";
import { treeIdOfDirectory } from "./describe-object.ts";
import { countBytes, countFile, type Pace } from "./pace.ts";
import type { VerifySettings } from "./settings.ts";

/** Checks the kept files of one directory `sources/sha256/<2>/`: each is named by its SHA-256. */
export function checkSourceShard(settings: VerifySettings, shard: string): readonly Finding[] {
  const directory = `${settings.sources}/sha256/${shard}`;
  return (readdirSync(directory, "latin1") as ByteString[]).flatMap((name): Finding[] => {
    if (name.includes(TEMPORARY_MARK)) return [];
    const sum = sumOf(`${fromText(directory)}/${name}` as ByteString, settings.pace);
    countFile(settings.pace);
    const subject = `sources/sha256/${shard}/${toEscaped(name)}`;
    return sum === name || sum === undefined ? [] : [{ kind: "source", subject, reason: sum }];
  });
}

/** Checks the files of commits in one directory `sources/git/trees/<2>/`: each tree is named by its tree id. */
export function checkCommitShard(settings: VerifySettings, shard: string): readonly Finding[] {
  const directory = `${settings.sources}/git/trees/${shard}`;
  return readdirSync(directory).flatMap((name): Finding[] => {
    if (!/^[0-9a-f]{64}$/.test(name)) return [];
    const fault = treeFault(settings, `${directory}/${name}`);
    return fault === undefined
      ? []
      : [{ kind: "source", subject: `sources/git/trees/${shard}/${name}`, reason: fault }];
  });
}

function treeFault(settings: VerifySettings, path: string): string | undefined {
  try {
    return path.endsWith(`/${treeIdOfDirectory(settings, path)}`) ? undefined : "has other content than its name says";
  } catch (error) {
    return isErrno(error, "ENOENT") ? undefined : `cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}

const PIECE = 1 << 20;

/** The sum, what is wrong with the file, or `undefined` when it is gone. */
function sumOf(path: ByteString, pace: Pace): string | undefined {
  try {
    const fd = openSync(toFsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const sum = hash(fd, pace);
      return path.endsWith(`/${sum}`) ? sum : "has other content than its name says";
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

function hash(fd: number, pace: Pace): string {
  const sum = createHash("sha256");
  const buffer = Buffer.allocUnsafe(PIECE);
  for (;;) {
    const began = performance.now();
    const count = readSync(fd, buffer);
    if (count === 0) return sum.digest("hex");
    sum.update(buffer.subarray(0, count));
    countBytes(pace, count, began);
  }
}
