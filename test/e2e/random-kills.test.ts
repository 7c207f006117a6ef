import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { Store } from "../../src/store/open-store.ts";
import { hasProfile, listGenerations, readGeneration, readProfile } from "../../src/store/profiles.ts";
import { brokenLive, brokenObjects, brokenRules } from "../helpers/profile-invariants.ts";
import { type Action, anyAction, CATALOGUE, filesOf } from "../helpers/profile-model.ts";
import {
  DEFAULT,
  installFrom,
  liveFiles,
  liveNumber,
  makeProfileWorld,
  profileDirectory,
} from "../helpers/profile-worlds.ts";

vi.setConfig({ testTimeout: 900_000 });

/** More for a longer run: `STORE_KILL_ROUNDS=2000 npx vitest run test/e2e/random-kills.test.ts`. */
const ROUNDS = Number(process.env.STORE_KILL_ROUNDS ?? 40);
const PROGRAM = fileURLToPath(new URL("../../bin/store", import.meta.url));

function wordsOf(action: Action, sources: ReadonlyMap<string, string>): string[] {
  const paths = (names: readonly string[]) => names.map((name) => String(sources.get(name)));
  switch (action.do) {
    case "install":
      return ["install", ...paths(action.names), `--priority=${action.priority ?? 5}`];
    case "install-missing":
      return ["install", ...paths(action.names), "/nowhere/x-1"];
    case "remove":
      return ["remove", ...action.names];
    case "switch":
      return ["switch", `gen-${action.number}`];
    case "back-and-forth":
      return ["switch", "-"];
    case "rollback":
      return ["rollback"];
    case "pin":
    case "unpin":
      return [action.do, `gen-${action.number}`];
  }
}

/** What a killed command must not change: all records of generations that were there before. */
function recordsOf(store: Store): ReadonlyMap<string, string> {
  return new Map(Object.entries(profileDirectory(store)).filter(([name]) => /^gen-\d+(?:\.json)?$/.test(name)));
}

/** The live generation is whole and holds what its record says, put together another way. */
function checkLive(store: Store, told: string): void {
  expect(brokenObjects(store), told).toEqual([]);
  if (!hasProfile(store, DEFAULT)) return;
  expect(brokenLive(store, DEFAULT), told).toEqual([]);
  const { packages } = readGeneration(store, DEFAULT, readProfile(store, DEFAULT).current);
  const items = packages.map(({ name, version, priority }) => [String(name), { version, priority }] as const);
  expect(liveFiles(store), told).toEqual(filesOf(new Map(items)));
}

it(`the real program, killed ${ROUNDS} times at random, loses nothing and leaves old or new (invariants 1 to 8)`, async () => {
  const world = makeProfileWorld();
  const store = await world.open();
  const sources = new Map(Object.entries(CATALOGUE).map(([name, tree]) => [name, world.source(name, tree)]));
  const seed = Date.now() % 2 ** 31;
  const actions = fc.sample(anyAction, { numRuns: ROUNDS, seed });
  const delays = fc.sample(fc.integer({ min: 20, max: 400 }), { numRuns: ROUNDS, seed });
  let kills = 0;
  for (const [round, action] of actions.entries()) {
    const told = `seed ${seed}, round ${round}: ${JSON.stringify(action)}`;
    const before = recordsOf(store);
    const last = hasProfile(store, DEFAULT) ? readProfile(store, DEFAULT).last : 0;
    const words = ["--root", world.root, "--json", ...wordsOf(action, sources)];
    const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ["ignore", "pipe", "ignore"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), delays[round]);
    const output: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
    const [status, signal] = await once(child, "close");
    clearTimeout(timer);
    if (signal === "SIGKILL") kills += 1;
    checkLive(store, told);
    // What it said that it had done is done.
    if (status === 0 && output.join("").includes('"to"'))
      expect(liveNumber(store), told).toBe(JSON.parse(output.join("")).to);
    const after = recordsOf(store);
    for (const [name, text] of before) {
      // A number above the last one belongs to a generation that never was live.
      if (Number(/\d+/.exec(name)?.[0]) <= last) expect(after.get(name), `${told}: ${name}`).toBe(text);
    }
  }
  expect(kills).toBeGreaterThan(ROUNDS / 10);

  await installFrom(store, world.source("end-1", { end: "end" }));
  expect(brokenRules(store), `seed ${seed}`).toEqual([]);
  expect(readdirSync(store.layout.temporary), `seed ${seed}`).toEqual([]);
  expect(listGenerations(store, readProfile(store, DEFAULT)).at(-1)).toBe(readProfile(store, DEFAULT).current);
});
