import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Change } from "../../src/model/change.ts";
import { type ProfileName, parseGenerationNumber, parseProfileName } from "../../src/model/ids.ts";
import type { LogRecord } from "../../src/model/log-record.ts";
import type { PackageInput } from "../../src/operations/packages/stage-package.ts";
import { install } from "../../src/operations/profiles/install.ts";
import { remove } from "../../src/operations/profiles/remove.ts";
import { rollback, switchGeneration } from "../../src/operations/profiles/switch.ts";
import type { RunOptions } from "../../src/operations/run-options.ts";
import type { StoreContext } from "../../src/store/context.ts";
import { openJournal } from "../../src/store/journal.ts";
import { currentPath } from "../../src/store/layout.ts";
import { readForward } from "../../src/store/log/read.ts";
import { openStoreAt, type Store } from "../../src/store/open-store.ts";
import { fakeContext, makeWorld, type TreeData, type World } from "./worlds.ts";

export const DEFAULT: ProfileName = parseProfileName("default");

/** A store and directories to install from, both removed after the test. */
export interface ProfileWorld extends World {
  readonly root: string;
  /** The store with a clock that tests move; `context` changes how it is opened. */
  open(context?: Partial<StoreContext>): Promise<Store>;
  readonly clock: { now: number };
  /** Writes the directory `<name>-<version>`, which a package of that name and version is installed from. */
  source(nameAndVersion: string, tree: TreeData): string;
}

export const START = Date.parse("2026-11-20T10:00:00.000Z");

/** A world in memory where the system has one: thousands of flushes cost nothing there. */
export function makeProfileWorld(): ProfileWorld {
  const world = inMemory(() => makeWorld());
  const clock = { now: START };
  const root = join(world.directory, "s");
  return {
    ...world,
    root,
    clock,
    open: (context = {}) => openStoreAt({ root, context: fakeContext({ now: () => new Date(clock.now), ...context }) }),
    source: (nameAndVersion, tree) => world.tree(tree, join(world.directory, "sources", nameAndVersion)),
  };
}

function inMemory<T>(make: () => T): T {
  const before = process.env.TMPDIR;
  if (existsSync("/dev/shm")) process.env.TMPDIR = "/dev/shm";
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** Installs directories in the default profile. */
export function installFrom(store: Store, ...from: readonly (string | Partial<PackageInput>)[]): Promise<Change> {
  return installWith(store, {}, ...from);
}

export function installWith(
  store: Store,
  options: RunOptions & { readonly priority?: number; readonly profile?: ProfileName },
  ...from: readonly (string | Partial<PackageInput>)[]
): Promise<Change> {
  const { priority, profile = DEFAULT, ...run } = options;
  const packages = from.map((item) => ({ from: "", cwd: "/", ...(typeof item === "string" ? { from: item } : item) }));
  return install(store, { profile, packages, ...(priority !== undefined && { priority }) }, run);
}

export function removeNames(store: Store, ...names: readonly string[]): Promise<Change> {
  return remove(store, { profile: DEFAULT, names });
}

export function switchTo(store: Store, selector: string): Promise<Change> {
  return switchGeneration(store, DEFAULT, { selector });
}

export function goBack(store: Store, steps = 1): Promise<Change> {
  return rollback(store, DEFAULT, { steps });
}

/** What a program sees in the live forest: contents by path, links followed. */
export function liveFiles(store: Store, profile: ProfileName = DEFAULT): Record<string, string> {
  return filesIn(currentPath(store.layout, profile));
}

export function filesIn(directory: string, prefix = ""): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    try {
      files[`${prefix}${name}`] = readFileSync(path, "utf8");
    } catch {
      Object.assign(files, filesIn(path, `${prefix}${name}/`));
    }
  }
  return files;
}

/** The number of the live generation, read from the link itself. */
export function liveNumber(store: Store, profile: ProfileName = DEFAULT): number {
  return Number(readlinkSync(currentPath(store.layout, profile)).replace("gen-", ""));
}

/** All records of the log; fails the test when one is damaged. */
export function logRecords(store: Store): LogRecord[] {
  return [...readForward(openJournal(store))].map((entry) => {
    if (entry.kind === "fault") throw new Error(`the log is damaged: ${entry.reason}`);
    return entry.record;
  });
}

/** The types of the records of each transaction, in their order. */
export function logTypes(store: Store, tx: number): string[] {
  return logRecords(store)
    .filter((record) => record.tx === tx)
    .map(({ event }) => event.type);
}

/** Everything about a profile that a failed change must leave as it was: names, links and texts in its directory. */
export function profileDirectory(store: Store, profile: ProfileName = DEFAULT): Record<string, string> {
  const directory = join(store.layout.profiles, profile);
  if (!existsSync(directory)) return {};
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, textOrTarget(join(directory, name))]),
  );
}

function textOrTarget(path: string): string {
  try {
    return `-> ${readlinkSync(path)}`;
  } catch {
    return readFileSync(path, "utf8");
  }
}

export const generation = parseGenerationNumber;

/** Calls back at the end of the test: for what a test changes outside its world. */
function _afterwards(action: () => void): void {
  onTestFinished(action);
}
