import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewRecord } from "../../src/model/chain.ts";
import { packageChange } from "../../src/model/log-change.ts";
import type { LogChange, LogPackage } from "../../src/model/log-event.ts";
import type { LogRecord } from "../../src/model/log-record.ts";
import type { SnapshotState } from "../../src/model/log-state.ts";
import { appendRecords } from "../../src/store/log/append.ts";
import { readForward } from "../../src/store/log/read.ts";
import { openLog, type TransactionLog } from "../../src/store/log/transaction-log.ts";

export const START = Date.parse("2026-11-20T08:00:00.000Z");

/** A profile as a test knows it to be. */
export interface TrueProfile {
  current: number;
  previous: number | undefined;
  last: number;
  readonly generations: Map<number, readonly LogPackage[]>;
}

/** A log in a directory of its own, a clock that tests move, and profiles that keep no files. */
export interface LogWorld extends Disposable {
  readonly log: TransactionLog;
  readonly directory: string;
  readonly clock: { now: number };
  readonly profiles: Map<string, TrueProfile>;
  /** One whole transaction: a new generation with these packages. Returns its records. */
  install(packages: readonly LogPackage[], profile?: string): Promise<readonly LogRecord[]>;
  /** One whole transaction: a switch to a generation that exists. */
  switchTo(generation: number, profile?: string): Promise<readonly LogRecord[]>;
  states(): SnapshotState[];
}

export interface LogWorldOptions {
  readonly segmentBytes?: number;
  /** Write no snapshots. */
  readonly plain?: boolean;
}

export function openLogWorld(options: LogWorldOptions = {}): LogWorld {
  const root = mkdtempSync(join(tmpdir(), "store-log-"));
  const directory = join(root, "log");
  mkdirSync(directory);
  const clock = { now: START };
  const profiles = new Map<string, TrueProfile>();
  const log = openLog(directory, {
    lockFile: join(root, "lock"),
    command: "test",
    now: () => new Date(clock.now),
    zone: "Europe/Berlin",
    ...(!options.plain && { snapshot: () => statesOf(profiles) }),
    ...(options.segmentBytes !== undefined && { segmentBytes: options.segmentBytes }),
  });
  const world = {
    log,
    directory,
    clock,
    profiles,
    install: (packages: readonly LogPackage[], profile = "default") => install(world, packages, profile),
    switchTo: (generation: number, profile = "default") => switchTo(world, generation, profile),
    states: () => statesOf(profiles),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
  return world;
}

export function pack(name: string, version = "1.0"): LogPackage {
  return { name, version, options: {}, path: `${"a".repeat(32)}-${name}-${version}` };
}

/** All valid records, in order. */
export function recordsOf(log: TransactionLog): LogRecord[] {
  return [...readForward(log)].flatMap((entry) => (entry.kind === "record" ? [entry.record] : []));
}

/** The segments' names and bytes. */
export function segmentBytes(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory).filter((name) => name.endsWith(".jsonl"));
  return new Map(names.sort().map((name) => [name, readFileSync(join(directory, name))]));
}

export function restoreSegments(directory: string, segments: ReadonlyMap<string, Buffer>): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const [name, bytes] of segments) writeFileSync(join(directory, name), bytes);
}

export const DURABLE = { durable: true } as const;

async function install(world: LogWorld, packages: readonly LogPackage[], profile: string) {
  const state = profileOf(world, profile);
  const { current: from, last } = state;
  const to = last + 1;
  const path = `${"b".repeat(32)}-profile-${profile}`;
  const change = packageChange(state.generations.get(from) ?? [], packages);
  const first: NewRecord[] = [
    { tx: "new", profile, event: { type: "begin", command: ["store", "install"], user: "ada", base: from } },
    { tx: "new", profile, event: { type: "generation", generation: to, parent: from, path, reason: "x", change } },
    { tx: "new", profile, event: { type: "intent", from, to } },
  ];
  state.generations.set(to, packages);
  Object.assign(state, { last: to });
  return finish(world, profile, { first, from, to });
}

async function switchTo(world: LogWorld, to: number, profile: string) {
  const state = profileOf(world, profile);
  const from = state.current;
  const first: NewRecord[] = [
    { tx: "new", profile, event: { type: "begin", command: ["store", "switch"], user: "ada", base: from } },
    { tx: "new", profile, event: { type: "intent", from, to } },
  ];
  const change = packageChange(state.generations.get(from) ?? [], state.generations.get(to) ?? []);
  return finish(world, profile, { first, from, to, change });
}

interface Step {
  readonly first: readonly NewRecord[];
  readonly from: number;
  readonly to: number;
  readonly change?: LogChange;
}

async function finish(world: LogWorld, profile: string, { first, from, to, change }: Step) {
  const begun = await appendRecords(world.log, first, { durable: false });
  const state = profileOf(world, profile);
  if (from !== to) Object.assign(state, { current: to, previous: from });
  const tx = begun.records[0]?.tx ?? 0;
  const done = await appendRecords(
    world.log,
    [{ tx, profile, event: { type: "commit", from, to, changed: from !== to, change } }],
    { durable: false },
  );
  return [...begun.records, ...done.records];
}

function profileOf({ profiles }: LogWorld, name: string): TrueProfile {
  const known = profiles.get(name);
  if (known) return known;
  const fresh = { current: 0, previous: undefined, last: 0, generations: new Map([[0, []]]) };
  profiles.set(name, fresh);
  return fresh;
}

function statesOf(profiles: ReadonlyMap<string, TrueProfile>): SnapshotState[] {
  return [...profiles].map(([profile, { current, previous, last, generations }]) => ({
    profile,
    current,
    previous,
    lastGeneration: last,
    generations: generations.keys(),
    packages: generations.get(current),
    pins: [],
    tags: [],
  }));
}
