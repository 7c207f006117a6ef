import { readdirSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { hashBlob } from "../../src/model/git-object.ts";
import { openJournal } from "../../src/store/journal.ts";
import { verifyLog } from "../../src/store/log/verify.ts";
import type { Store } from "../../src/store/open-store.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom } from "../helpers/profile-worlds.ts";
import { SEED } from "../helpers/seed.ts";
import {
  type Acknowledged,
  acknowledgedIn,
  addDamaged,
  brokenAtOnce,
  type CrashWorld,
  figure,
  keepTwoGenerations,
  leftovers,
  lost,
  newIn,
  visibleIn,
} from "./crash-world.ts";
import { type Discipline, replay } from "./power-loss.ts";
import { type Call, readCalls, useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

/** Losses of power for each command; more for a longer run: `npm run test:power`. */
const LOSSES = Number(process.env.STORE_POWER_LOSSES ?? 4);

const reason = whyNoShim();
const shim = useShim();
const withTwo = keepTwoGenerations(shim);

interface Scene {
  readonly name: string;
  words(world: CrashWorld): readonly string[] | Promise<readonly string[]>;
}

const SCENES: readonly Scene[] = [
  { name: "add", words: (world) => ["add", world.source("c-1", { "bin/c": "c", d: { link: "bin/c" }, same: "same" })] },
  {
    name: "add of many files",
    words: (world) => [
      "add",
      world.source("m-1", Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`d${n % 3}/f${n}`, `${n}`]))),
    ],
  },
  { name: "install", words: (world) => ["install", world.source("c-1", { "bin/c": "c", lib: "lib", same: "same" })] },
  { name: "switch", words: () => ["switch", "gen-1"] },
  { name: "rollback", words: () => ["rollback"] },
  { name: "remove", words: () => ["remove", "b"] },
  { name: "pin", words: () => ["pin", "gen-1"] },
  { name: "add over a damaged object", words: (world) => addDamaged(world, { "bin/c": "c", same: "same" }) },
];

/** Files of the pool whose content is not what their name says: once in the pool, a file is taken for granted. */
function tornInPool({ layout }: Store): string[] {
  return readdirSync(layout.files).flatMap((directory) =>
    readdirSync(join(layout.files, directory))
      .filter((name) => hashBlob(readFileSync(join(layout.files, directory, name))) !== name.replace(/x$/, ""))
      .map((name) => `13: the pool's ${name} is torn`),
  );
}

/** Without an order of metadata, modes and times of directories can be lost; a check of the object mends them. */
function brokenUnder(discipline: Discipline, rules: readonly string[]): readonly string[] {
  return discipline === "ordered" ? rules : rules.filter((rule) => !/ has (?:mode|mtime) /.test(rule));
}

interface Run {
  readonly world: CrashWorld;
  readonly calls: readonly Call[];
  readonly before: string;
  readonly after: string;
  readonly acknowledged: Acknowledged;
  readonly damage: readonly string[];
}

async function record(world: CrashWorld, scene: Scene): Promise<Run> {
  const words = await scene.words(world);
  const before = await world.open();
  const seen = {
    before: JSON.stringify(visibleIn(before)),
    acknowledged: acknowledgedIn(before),
    damage: brokenAtOnce(before),
  };
  world.keep();
  const path = join(world.directory, "journal");
  const { status, stderr } = await shim.run(words, { root: world.root, journal: { path, data: true } });
  expect(status, stderr).toBe(0);
  const calls = readCalls(path);
  unlinkSync(path);
  return { ...seen, world, calls, after: JSON.stringify(visibleIn(await world.open())) };
}

async function check(
  { world, before, after, acknowledged, calls, damage }: Run,
  { at, discipline }: Loss,
  told: string,
) {
  const store = await world.open();
  expect(brokenUnder(discipline, newIn(brokenAtOnce(store), damage)), told).toEqual([]);
  expect(tornInPool(store), told).toEqual([]);
  expect(
    verifyLog(openJournal(store)).findings.filter(({ fault }) => fault !== "torn"),
    told,
  ).toEqual([]);
  expect(lost(acknowledged, store), told).toEqual([]);
  const now = JSON.stringify(visibleIn(store));
  expect([before, after], told).toContain(now);
  if (at === calls.length) expect(now, `${told}: it was acknowledged`).toBe(after);
  const files = visibleIn(store).files.default;
  await installFrom(store, world.source("next-1", { next: "next" }));
  expect(visibleIn(store).files.default, told).toEqual({ ...files, next: "next" });
  expect(brokenUnder(discipline, newIn(brokenRules(store), damage)), told).toEqual([]);
  expect(leftovers(store), told).toEqual([]);
}

interface Loss {
  readonly at: number;
  readonly discipline: Discipline;
  readonly randoms: readonly number[];
}

function anyLoss(calls: number): fc.Arbitrary<Loss> {
  return fc.record({
    at: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: calls }) }, fc.constant(calls)),
    discipline: fc.constantFrom("ordered" as const, "loose" as const),
    randoms: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 60, maxLength: 60 }),
  });
}

describe.skipIf(reason)(
  "after a loss of power no valid object and no file of the pool is torn, the log has lost at most its unflushed end, and profiles are whole (invariants 1, 2, 6, 7, 8, 13):",
  () => {
    it.each(SCENES)("$name", async (scene) => {
      const run = await record(await withTwo(), scene);
      for (const [round, loss] of fc.sample(anyLoss(run.calls.length), { numRuns: LOSSES }).entries()) {
        run.world.restore();
        let drawn = 0;
        const random = () => loss.randoms[drawn++ % loss.randoms.length] as number;
        replay(run.calls, { ...loss, random });
        await check(
          run,
          loss,
          `seed ${SEED}, round ${round}, ${loss.discipline}, after ${loss.at} of ${run.calls.length} calls`,
        );
      }
      figure("power losses", { command: scene.name, losses: LOSSES, calls: run.calls.length });
    });
  },
);
