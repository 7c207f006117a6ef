import { createHash } from "node:crypto";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { NewRecord } from "../../model/chain.ts";
import { writeFileAtomic } from "../../system/atomic-file.ts";
import { listLogDirectory, type Segment } from "./segments.ts";
import { removeTemporary } from "./tidy.ts";
import type { TransactionLog } from "./transaction-log.ts";

/** Directory, below that of the log, of what was taken out of segments: never deleted by the store. */
const ASIDE = "torn";
/** Ends the names of what no recover record tells yet. */
const UNREPORTED = ".new";

export interface AsideLines {
  /** `torn`: a write that did not end. `damaged`: found by a repair. */
  readonly what: "torn" | "damaged";
  readonly segment: Segment;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Keeps a copy of what is about to leave a segment. Done twice it makes one file. */
export function moveAside(log: TransactionLog, lines: AsideLines): void {
  const directory = join(log.directory, ASIDE);
  mkdirSync(directory, { recursive: true });
  const sum = createHash("sha256").update(lines.bytes).digest("hex").slice(0, 12);
  const name = `${lines.what}-${Number.parseInt(lines.segment.name, 10)}-${lines.offset}-${sum}.txt`;
  writeFileAtomic(join(directory, name + UNREPORTED), lines.bytes);
}

/** Names, below the log's directory, of what was moved aside and not reported yet. Needs the lock. */
export function unreported(log: TransactionLog): readonly string[] {
  const directory = join(log.directory, ASIDE);
  const names = listLogDirectory(directory);
  removeTemporary(directory, names);
  return names
    .filter((name) => name.endsWith(`.txt${UNREPORTED}`))
    .sort()
    .map((name) => `${ASIDE}/${name.slice(0, -UNREPORTED.length)}`);
}

export function asideRecord(file: string): NewRecord {
  const what = file.slice(ASIDE.length + 1).split("-")[0] ?? "damaged";
  return { tx: 0, event: { type: "recover", what, file } };
}

/** To be called when the recover records of `files` are written. */
export function markReported(log: TransactionLog, files: readonly string[]): void {
  for (const file of files) renameSync(join(log.directory, file + UNREPORTED), join(log.directory, file));
}
