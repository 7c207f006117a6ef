import { unlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { verify } from "../../src/operations/upkeep/verify.ts";
import { openStoreAt } from "../../src/store/open-store.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { DEFAULT, installFrom } from "../helpers/profile-worlds.ts";
import { SEED } from "../helpers/seed.ts";
import { fakeContext } from "../helpers/worlds.ts";
import {
  acknowledgedIn,
  brokenAtOnce,
  type CrashWorld,
  figure,
  leftovers,
  lost,
  newIn,
  type Visible,
  visibleIn,
} from "./crash-world.ts";
import { CHANGES, type Ended, type Fault, KIND, readCalls, type Shim } from "./shim.ts";

/** A command that is to be killed. */
export interface Scenario {
  readonly name: string;
  /** Makes the store as it is before each kill; gives the words of the command. */
  prepare(world: CrashWorld): Promise<readonly string[]>;
  /** Whether it may drop generations, or records of the log. */
  readonly drops?: boolean;
  /** Whether there is no store before. */
  readonly fromNothing?: boolean;
  /** The command that must exist for this one to. */
  readonly needs?: string;
  /** Whether something is damaged, which the command mends. */
  readonly isDamaged?: boolean;
}

/** How often a command was killed, and what was there afterwards. */
export interface KillCount {
  kills: number;
  old: number;
  new: number;
  /** How many calls it makes that change the disk. */
  calls: number;
}

/** Kills of every command kind; more for a longer run: `npm run test:crash`. */
export const KILLS = Number(process.env.STORE_KILLS ?? 1);

/**
 * Kills the command before each of its calls that change the disk, and in the middle of each of its writes; then, until
 * there were `KILLS`, at random moments: mostly up to 3 ms behind one of these calls, wherever its threads are by then,
 * and else from outside. With fewer kills than calls it takes a random sample. After each kill every invariant must
 * hold, and the next command, that one again or another, must work and clean up.
 */
export async function killSweep(shim: Shim, world: CrashWorld, scenario: Scenario): Promise<KillCount> {
  const sweep = await beginSweep(shim, world, scenario);
  const count: KillCount = { kills: 0, old: 0, new: 0, calls: sweep.calls };
  for (const [round, choice] of chooseKills(sweep).entries()) {
    if (count.kills >= KILLS) break;
    const told = `${scenario.name}, ${JSON.stringify(choice)}, seed ${SEED}`;
    world.restore();
    const ended = await shim.run(sweep.words, { root: world.root, ...choice });
    if (ended.status === undefined) count.kills += 1;
    const which = await checkAtOnce(sweep, ended, told);
    count[which] += 1;
    if (round % 2 === 0 || scenario.isDamaged) await checkAgain(sweep, told);
    else await checkOther(sweep, told);
  }
  figure("kills", { command: scenario.name, ...count });
  return count;
}

type Choice = { readonly fault: Fault } | { readonly killAfter: number };

interface Sweep {
  readonly shim: Shim;
  readonly world: CrashWorld;
  readonly scenario: Scenario;
  readonly words: readonly string[];
  readonly faults: readonly Fault[];
  readonly calls: number;
  readonly milliseconds: number;
  readonly before: Visible | undefined;
  readonly after: Visible;
  readonly acknowledged: ReturnType<typeof acknowledgedIn> | undefined;
  readonly damage: readonly string[];
}

/** Runs the command once without a fault: which calls it makes, and what it does. */
async function beginSweep(shim: Shim, world: CrashWorld, scenario: Scenario): Promise<Sweep> {
  const words = await scenario.prepare(world);
  const before = scenario.fromNothing ? undefined : await world.open();
  const seen = before && {
    visible: visibleIn(before),
    acknowledged: acknowledgedIn(before),
    damage: scenario.isDamaged ? brokenAtOnce(before) : [],
  };
  world.keep();
  const journal = join(world.directory, "journal");
  const began = performance.now();
  const ended = await shim.run(words, { root: world.root, journal: { path: journal, data: false } });
  const milliseconds = performance.now() - began;
  expect(ended.status, ended.stderr).toBe(0);
  const calls = readCalls(journal).filter(({ kind }) => kind & CHANGES);
  unlinkSync(journal);
  const faults = calls.flatMap(({ kind }, index): Fault[] => {
    const kill = { mode: "kill", at: index + 1, kinds: CHANGES } as const;
    return kind === KIND.write ? [kill, { ...kill, mode: "tear" }] : [kill];
  });
  return {
    ...{ shim, world, scenario, words, faults, milliseconds, calls: calls.length },
    before: seen?.visible,
    after: visibleIn(await world.open()),
    acknowledged: seen?.acknowledged,
    damage: seen?.damage ?? [],
  };
}

/** More than will be made: a random moment can lie behind the end of the command. */
function chooseKills({ faults, calls, milliseconds }: Sweep): readonly Choice[] {
  const some = fc.shuffledSubarray([...faults], { minLength: Math.min(KILLS, faults.length) });
  const chosen = KILLS < faults.length ? sampleOf(some, 1)[0] : faults;
  const behindCall = fc.record({ at: fc.integer({ min: 1, max: calls }), delay: fc.integer({ min: 0, max: 3000 }) });
  const later = behindCall.map((when): Choice => ({ fault: { mode: "kill", kinds: CHANGES, ...when } }));
  const outside = fc.double({ min: 0.1, max: 1.1, noNaN: true });
  const anywhere = outside.map((part): Choice => ({ killAfter: part * milliseconds }));
  const random = fc.oneof({ weight: 3, arbitrary: later }, { weight: 1, arbitrary: anywhere });
  return [...(chosen ?? []).map((fault): Choice => ({ fault })), ...sampleOf(random, 4 * KILLS)];
}

function sampleOf<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] {
  return fc.sample(arbitrary, { numRuns });
}

/** Right after the kill: what is valid and what is live is whole, and old or new; nothing acknowledged is gone. */
async function checkAtOnce(sweep: Sweep, ended: Ended, told: string): Promise<"old" | "new"> {
  const { world, scenario, before, after, acknowledged, damage } = sweep;
  const store = await openIfThere(world.root);
  if (!store) {
    expect(before, told).toBeUndefined();
    expect(ended.status, told).toBeUndefined();
    return "old";
  }
  expect(
    newIn(brokenAtOnce(store), damage).filter((rule) => !isOpened(rule, damage)),
    told,
  ).toEqual([]);
  if (acknowledged && !scenario.drops) expect(lost(acknowledged, store), told).toEqual([]);
  if (!scenario.isDamaged) expect((await verify(store, { profile: DEFAULT, cwd: "/" })).damaged, told).toEqual([]);
  const now = JSON.stringify(visibleIn(store));
  const isNew = now === JSON.stringify(after);
  if (!isNew && now !== JSON.stringify(before)) expect(isBetween(store, sweep), `${told}: ${now}`).toBe(true);
  // What it said that it had done is done, also when it was killed afterwards.
  if (ended.status === 0 || ended.stdout.trim() !== "") expect(isNew, `${told}: it said that it was done`).toBe(true);
  return isNew ? "new" : "old";
}

/** A directory of what is damaged is writable while something in it is put in its place. */
function isOpened(rule: string, damage: readonly string[]): boolean {
  const [, object] = /^(1: \S+: )'.*' has (?:mode 755|mtime [\d.]+)$/.exec(rule) ?? [];
  return object !== undefined && damage.some((known) => known.startsWith(object));
}

/** A profile that the command was about to make may be there, empty. */
function isBetween(store: NonNullable<Awaited<ReturnType<typeof openIfThere>>>, { before }: Sweep): boolean {
  const { files } = visibleIn(store);
  return Object.entries(files).every(([profile, live]) => {
    const known = before?.files[profile];
    return known ? JSON.stringify(known) === JSON.stringify(live) : Object.keys(live).length === 0;
  });
}

/** The same command again comes to what it would have come to. */
async function checkAgain({ shim, world, words, after }: Sweep, told: string): Promise<void> {
  const { status, stderr } = await shim.run(words, { root: world.root });
  const store = await world.open();
  // A rollback that was done leads further back, a removal has nothing to remove: told, and nothing broken.
  if (status === 0 && !/^(rollback|switch -)/.test(words.join(" "))) expect(visibleIn(store), told).toEqual(after);
  else if (status !== 0) expect(stderr, told).toMatch(/^(?:error: .*\nhint|warning): /m);
  await checkOther({ world }, told);
}

/** Another command works, settles what was open, and removes what was left. */
async function checkOther({ world }: Pick<Sweep, "world">, told: string): Promise<void> {
  const store = await world.open();
  const before = visibleIn(store).files.default ?? {};
  const next = world.source("next-1", { next: "next" });
  await installFrom(store, next);
  expect(visibleIn(store).files.default, told).toEqual({ ...before, next: "next" });
  expect(brokenRules(store), told).toEqual([]);
  expect(leftovers(store), told).toEqual([]);
}

async function openIfThere(root: string) {
  try {
    return await openStoreAt({ root, create: false, context: fakeContext() });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
