import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, type Stats } from "node:fs";
import { isErrno } from "../../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../../model/byte-string.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import { compareEntry, FROZEN_MS } from "../../model/verify/compare-tree.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { TEMPORARY_MARK } from "../../system/atomic-file.ts";
import { hashForms } from "./hash-forms.ts";
import { isKnownGood, noteGood } from "./inode-table.ts";
import { countFile } from "./pace.ts";
import type { VerifySettings } from "./settings.ts";

export interface PoolCheck {
  readonly findings: readonly Finding[];
  readonly files: number;
  /** See `GoodFiles`. */
  readonly good: readonly number[];
}

const NAME = /^([0-9a-f]{64})(x?)$/;

/** Checks one of the 256 directories of the pool: each file is named by the hash of its own content. */
export function checkPoolShard(settings: VerifySettings, shard: string): PoolCheck {
  const directory = `${settings.files}/${shard}`;
  const findings: Finding[] = [];
  const good: number[] = [];
  let files = 0;
  for (const name of listShard(directory, findings)) {
    if (name.includes(TEMPORARY_MARK)) continue;
    const reason = checkPoolFile(settings, { directory, shard, name, good });
    files += 1;
    if (reason !== undefined) findings.push({ subject: `files/${shard}/${toEscaped(name)}`, ...reason });
  }
  return { findings, files, good };
}

function listShard(directory: string, findings: Finding[]): readonly ByteString[] {
  try {
    return readdirSync(directory, "latin1") as ByteString[];
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    findings.push({ kind: "pool-stray", subject: directory, reason: "is missing; the next add makes it again" });
    return [];
  }
}

interface PoolFile {
  readonly directory: string;
  readonly shard: string;
  readonly name: ByteString;
  readonly good: number[];
}

function checkPoolFile(
  settings: VerifySettings,
  { directory, shard, name, good }: PoolFile,
): Pick<Finding, "kind" | "reason"> | undefined {
  const path = `${directory}/${name}`;
  const status = lstatSync(toFsPath(`${fromText(directory)}/${name}` as ByteString), { throwIfNoEntry: false });
  if (!status) return undefined;
  const [, id, x] = NAME.exec(name) ?? [];
  if (id === undefined || !id.startsWith(shard)) return { kind: "pool-stray", reason: "has no name of the pool" };
  if (!status.isFile()) return { kind: "pool-file", reason: "is no regular file" };
  countFile(settings.pace);
  const reason = contentFault(settings, path, { id, status, good }) ?? metadataFault(settings, status, x === "x");
  return reason === undefined ? undefined : { kind: "pool-file", reason };
}

function metadataFault(settings: VerifySettings, status: Stats, executable: boolean): string | undefined {
  const expected: FileListEntry = {
    mode: executable ? "100755" : "100644",
    id: "",
    size: status.size,
    localId: undefined,
    path: fromText(""),
  };
  const { size, mtimeMs, uid } = status;
  const seen = { path: "" as ByteString, kind: "file", mode: status.mode & 0o7777, size, mtimeMs, uid } as const;
  return compareEntry(expected, seen, settings)[0]?.reason;
}

function contentFault(
  settings: VerifySettings,
  path: string,
  { id, status, good }: { readonly id: string; readonly status: Stats; readonly good: number[] },
): string | undefined {
  if (!settings.contents && status.mtimeMs === FROZEN_MS) return undefined;
  if (isKnownGood(settings.known, status, id)) return undefined;
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A collection can take it away.
    if (isErrno(error, "ENOENT")) return undefined;
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    const stamp = fstatSync(fd);
    const { local } = hashForms(fd, { pace: settings.pace });
    if (local !== id) return "has other content than its name says";
    noteGood(good, stamp, id);
    return undefined;
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  } finally {
    closeSync(fd);
  }
}
