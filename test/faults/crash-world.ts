import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/operations/open-store.ts";
import { openJournal } from "../../src/store/journal.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { readForward } from "../../src/store/log/read.ts";
import type { Store } from "../../src/store/open-store.ts";
import { readPins } from "../../src/store/pins.ts";
import { listProfiles } from "../../src/store/profiles.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { keepDirectory } from "../helpers/kept-world.ts";
import { brokenLive, brokenObjects } from "../helpers/profile-invariants.ts";
import { liveFiles, profileDirectory } from "../helpers/profile-worlds.ts";
import { makeWorld, type TreeData, type WorldOptions } from "../helpers/worlds.ts";
import type { Shim } from "./shim.ts";

/** A store in memory, that is put back again and again to where it was. */
export interface CrashWorld {
  readonly directory: string;
  readonly root: string;
  /** Writes a directory to install from. */
  source(nameAndVersion: string, tree: TreeData): string;
  /** Runs the real program; fails the test unless it ends with 0. */
  done(...words: readonly string[]): Promise<string>;
  /** Keeps the store as it is now, to be put back. */
  keep(): void;
  restore(): void;
  open(): Promise<Store>;
  /** Takes the store away. */
  wipe(): void;
  readonly storeDir: string;
}

export function makeCrashWorld(shim: Shim, options: WorldOptions = {}): CrashWorld {
  const world = makeWorld({ memory: true, ...options });
  const root = join(world.directory, "s");
  const kept = join(world.directory, "kept");
  return {
    directory: world.directory,
    root,
    source: (nameAndVersion, tree) => world.tree(tree, join(world.directory, nameAndVersion)),
    async done(...words) {
      const { status, stdout, stderr } = await shim.run(words, { root });
      if (status !== 0) throw new Error(`store ${words.join(" ")} ended with ${status}: ${stderr}`);
      return stdout;
    },
    keep: () => putCopy(root, kept),
    restore: () => putCopy(kept, root),
    wipe: () => removeTree(root),
    storeDir: layoutOf(root, 48).storeDir,
    open: () => openStore({ root, command: ["store", "after"], env: {}, timeZone: "UTC" }),
  };
}

/** A maker of worlds that `fill` fills once; each test takes one of them. */
export function keepCrashWorld(shim: Shim, fill: (world: CrashWorld) => Promise<void>): () => Promise<CrashWorld> {
  const kept = keepDirectory();
  return async () => {
    const directory = kept.again();
    if (directory !== undefined) return makeCrashWorld(shim, { directory });
    const world = makeCrashWorld(shim);
    await fill(world);
    kept.keep(world.directory);
    return world;
  };
}

/** A maker of worlds where gen-1 has a, gen-2 a and b. */
export function keepTwoGenerations(shim: Shim): () => Promise<CrashWorld> {
  return keepCrashWorld(shim, async (world) => {
    await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
    await world.done("install", world.source("b-1", { "bin/b": "b" }));
  });
}

/** Adds c-1 and takes a file of it away; gives the words that add it again. */
export async function addDamaged(world: CrashWorld, tree: TreeData): Promise<readonly string[]> {
  const source = world.source("c-1", tree);
  const object = (await world.done("add", source)).trim();
  chmodSync(object, 0o755);
  unlinkSync(join(object, "same"));
  chmodSync(object, 0o555);
  return ["add", source];
}

/** Makes `to` a copy of `from`; nothing, where that is not there. */
function putCopy(from: string, to: string): void {
  removeTree(to);
  if (existsSync(from)) execFileSync("cp", ["-a", from, to]);
}

/** What a person has in a store: files of the live generations, pins and names. */
export interface Visible {
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pins: Readonly<Record<string, unknown>>;
}

export function visibleIn(store: Store): Visible {
  const profiles = listProfiles(store);
  const pinsOf = (profile: (typeof profiles)[number]) => {
    const { generations, tags } = readPins(store, profile);
    return { generations: [...generations], tags: [...tags] };
  };
  return {
    files: Object.fromEntries(profiles.map((profile) => [profile, liveFiles(store, profile)])),
    pins: Object.fromEntries(profiles.map((profile) => [profile, pinsOf(profile)])),
  };
}

/** What no killed command may take away: records of generations and of the log, by name and by sum. */
export interface Acknowledged {
  readonly generations: ReadonlyMap<string, string>;
  readonly sums: ReadonlySet<string>;
}

export function acknowledgedIn(store: Store): Acknowledged {
  const generations = listProfiles(store).flatMap((profile) =>
    Object.entries(profileDirectory(store, profile))
      .filter(([name]) => /^gen-\d+(?:\.json)?$/.test(name))
      .map(([name, text]) => [`${profile}/${name}`, text] as const),
  );
  return { generations: new Map(generations), sums: new Set(logSums(store)) };
}

/** Sums of all valid records of the log. */
function logSums(store: Store): string[] {
  return [...readForward(openJournal(store))].flatMap((entry) => (entry.kind === "record" ? [entry.record.sum] : []));
}

/** What is missing or another one of what had been acknowledged. */
export function lost(before: Acknowledged, store: Store): string[] {
  const after = acknowledgedIn(store);
  const generations = [...before.generations].filter(([name, text]) => after.generations.get(name) !== text);
  const sums = [...before.sums].filter((sum) => !after.sums.has(sum));
  return [...generations.map(([name]) => `8: ${name} is lost`), ...sums.map((sum) => `8: record ${sum} is lost`)];
}

/** Rules that hold at every moment, also right after a kill. */
export function brokenAtOnce(store: Store): string[] {
  return [...brokenObjects(store), ...listProfiles(store).flatMap((profile) => brokenLive(store, profile))];
}

/** What is broken and was not before. */
export function newIn(rules: readonly string[], damage: readonly string[]): string[] {
  return rules.filter((rule) => !damage.includes(rule));
}

/** What killed processes left and no later command removed; what lies in `trash/` is for the next collection. */
export function leftovers(store: Store): string[] {
  const { temporary, root } = store.layout;
  const inside = readdirSync(temporary).map((name) => join(temporary, name));
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.includes(".tmp-"));
  return [...inside, ...names].map((path) => `7: ${path} is left`);
}

/** Adds a line to the file that `STORE_FIGURES` names: what docs/reliability.md is made from. */
export function figure(name: string, values: Readonly<Record<string, number | string>>): void {
  const file = process.env.STORE_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ name, ...values })}\n`);
}
