import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chainRecords, EMPTY_LOG, endAfter, type LogEnd, type NewRecord } from "../../src/model/chain.ts";
import { type Generation, packageToJson, printGeneration } from "../../src/model/generation.ts";
import { parseGenerationNumber, parseProfileName } from "../../src/model/ids.ts";
import { packageChange } from "../../src/model/log-change.ts";
import type { LogPackage } from "../../src/model/log-event.ts";
import { toSnapshot } from "../../src/model/log-state.ts";
import { openStore } from "../../src/operations/open-store.ts";
import { readGeneration } from "../../src/store/generation-records.ts";
import {
  currentPath,
  generationFile,
  generationLink,
  generationTarget,
  previousPath,
  profileFile,
} from "../../src/store/layout.ts";
import type { Store } from "../../src/store/open-store.ts";
import { removeFile } from "../../src/system/remove-file.ts";

const HOUR = 3_600_000;
const SEGMENT_BYTES = 4 * 1024 * 1024;

export interface LongHistory {
  readonly root: string;
  /** How many generations there shall be; each is made by a transaction of four records. */
  readonly generations: number;
  /** When the last one was made, in milliseconds since 1970; those before it an hour earlier each. */
  readonly end: number;
}

/**
 * Gives the default profile of a store, which has gen-1 and gen-2, a history of so many generations, by turns with the
 * packages of the one and of the other, as if they had been installed: records, links and the log.
 */
export async function writeLongHistory({ root, generations, end }: LongHistory): Promise<void> {
  const store = await openStore({ root, create: false });
  const profile = parseProfileName("default");
  const [one, two] = [1, 2].map((number) => readGeneration(store, profile, parseGenerationNumber(number)));
  const made = Array.from({ length: generations }, (_, at): Generation => {
    const created = new Date(end - (generations - 1 - at) * HOUR).toISOString();
    const number = parseGenerationNumber(at + 1);
    const parent = parseGenerationNumber(at);
    return { ...((at % 2 === 0 ? one : two) as Generation), generation: number, parent, transaction: at + 1, created };
  });
  for (const each of made) writeGenerationFiles(store, each);
  writeLink(currentPath(store.layout, profile), `gen-${generations}`);
  writeLink(previousPath(store.layout, profile), `gen-${generations - 1}`);
  const record = { format: 1, name: profile, lastGeneration: generations };
  writeFileSync(profileFile(store.layout, profile), `${JSON.stringify(record)}\n`);
  writeLog(store, made);
}

function writeGenerationFiles({ layout }: Store, each: Generation): void {
  writeFileSync(generationFile(layout, each.profile, each.generation), printGeneration(each));
  writeLink(generationLink(layout, each.profile, each.generation), generationTarget(layout, each.path));
}

function writeLink(path: string, target: string): void {
  removeFile(path);
  symlinkSync(target, path);
}

function writeLog({ layout }: Store, made: readonly Generation[]): void {
  rmSync(layout.log, { recursive: true });
  mkdirSync(layout.log, { mode: 0o700 });
  let end: LogEnd = EMPTY_LOG;
  let lines: string[] = [];
  let size = 0;
  let segment = 1;
  const flush = () => {
    appendFileSync(join(layout.log, `${String(segment).padStart(6, "0")}.jsonl`), lines.join(""));
    lines = [];
    size = 0;
    segment += 1;
  };
  const add = (drafts: readonly NewRecord[], time: string) => {
    for (const { record, line } of chainRecords(drafts, end, { time, zone: "UTC" })) {
      end = endAfter(record, Buffer.byteLength(line));
      lines.push(`${line}\n`);
      size += line.length + 1;
    }
  };
  for (const [at, each] of made.entries()) {
    add(recordsOf(each, at === 0 ? [] : logged(made[at - 1] as Generation)), each.created);
    if (each.transaction % 64 === 0) add([{ tx: 0, event: snapshotOf(each) }], each.created);
    if (size > SEGMENT_BYTES) flush();
  }
  flush();
}

function recordsOf({ profile, generation: to, parent, path, packages }: Generation, before: readonly LogPackage[]) {
  const from = to - 1;
  const change = packageChange(
    before,
    packages.map((item) => packageToJson(item) as LogPackage),
  );
  const events = [
    { type: "begin", command: ["store", "install", "./package"], user: "ada", base: from },
    { type: "generation", generation: to, parent: parent ?? null, path, reason: "install ./package", change },
    { type: "intent", from, to },
    { type: "commit", from, to, changed: true },
  ] as const;
  return events.map((event): NewRecord => ({ tx: "new", profile, event }));
}

function snapshotOf(each: Generation) {
  const { profile, generation } = each;
  const generations = Array.from({ length: generation + 1 }, (_, number) => number);
  const numbers = { current: generation, previous: generation - 1, lastGeneration: generation, generations };
  return toSnapshot([{ profile, ...numbers, packages: logged(each), pins: [], tags: [] }]);
}

function logged({ packages }: Generation): LogPackage[] {
  return packages.map((item) => packageToJson(item) as LogPackage);
}
