import { describe, expect, it } from "vitest";
import * as S from "../../src/index.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom, liveFiles, logRecords, makeProfileWorld, DEFAULT as P } from "../helpers/profile-worlds.ts";

/** No program that is compiled against the types can ask for these: one in JavaScript can. */
const odd = <T>(value: unknown): T => value as T;

/** A store with three generations, and everything that numbers can be given to, by what is wrong with the number. */
async function makeAsked() {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const name of ["a-1", "b-2", "c-3"]) await installFrom(store, world.source(name, { [name]: "" }));
  const input = { from: world.source("a-2", { a: "!" }), cwd: world.directory };
  const build = { recipes: [], cwd: world.directory };
  const install = (more: object) => S.install(store, { profile: P, packages: [input], ...more });
  const from = (more: object) => S.install(store, { profile: P, packages: [{ ...input, ...more }] });
  const command = { command: [], cwd: world.directory };
  const generations = { good: "gen-1", bad: "gen-2", from: "gen-1" };

  const asked: Readonly<Record<string, readonly [option: string, ask: () => unknown]>> = {
    ...Object.fromEntries(
      [-1, 1.5, 100, 1e9, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, "3", null].map((priority) => [
        `install with priority ${JSON.stringify(priority)} ${String(priority)}`,
        ["priority", () => install({ priority })],
      ]),
    ),
    "planInstall with a priority": [
      "priority",
      () => S.planInstall(store, { profile: P, packages: [input], priority: -1 }),
    ],
    "a transaction with a priority": [
      "priority",
      async () => S.beginTransaction(store, P).add(input, { priority: -1 }).commit(),
    ],
    "strip -1": ["strip", () => from({ strip: -1 })],
    "strip 1.5": ["strip", () => from({ strip: 1.5 })],
    "strip as text": ["strip", () => from({ strip: "1" })],
    "add with strip": ["strip", () => S.add(store, { ...input, strip: -1 })],
    "a transaction with strip": [
      "strip",
      async () =>
        S.beginTransaction(store, P)
          .add({ ...input, strip: -1 })
          .commit(),
    ],
    "upgrade with strip": [
      "strip",
      () => S.upgrade(store, { profile: P, names: [], input: { cwd: world.directory, strip: -1 } }),
    ],
    "planUpgrade with strip": [
      "strip",
      () => S.planUpgrade(store, { profile: P, names: [], input: { cwd: world.directory, strip: -1 } }),
    ],
    maxBytes: ["maxBytes", () => from({ limits: { maxBytes: -1 } })],
    maxRatio: ["maxRatio", () => from({ limits: { maxRatio: Number.NaN } })],
    "importObjects with maxEntries": [
      "maxEntries",
      () => S.importObjects(store, { files: [], cwd: world.directory, limits: { maxEntries: -1 } }),
    ],
    jobs: ["jobs", () => from({ build: { ...build, jobs: 0 } })],
    timeoutSeconds: ["timeoutSeconds", () => from({ build: { ...build, timeoutSeconds: -1 } })],
    "obtainObjects with jobs": [
      "jobs",
      () => S.obtainObjects(store, [], { cwd: world.directory, rebuild: { ...build, jobs: 1.5 } }),
    ],
    "repair with maxLogBytes": [
      "maxLogBytes",
      () => S.repair(store, { profile: P, cwd: world.directory, build: { ...build, maxLogBytes: -1 } }),
    ],
    "rollback half a step": ["steps", () => S.rollback(store, P, { steps: 1.5 })],
    "rollback -1": ["steps", () => S.rollback(store, P, { steps: -1 })],
    "rollback NaN": ["steps", () => S.rollback(store, P, { steps: Number.NaN })],
    "rollback null": ["steps", () => S.rollback(store, P, { steps: odd(null) })],
    "gc keep -1": ["keep", () => S.gc(store, { keep: -1 })],
    "gc keep 0.5": ["keep", () => S.gc(store, { keep: 0.5 })],
    "gc olderThan -1": ["olderThan", () => S.gc(store, { olderThan: -1 })],
    "gc olderThan Infinity": ["olderThan", () => S.gc(store, { olderThan: Number.POSITIVE_INFINITY })],
    "gc maxFreed": ["maxFreed", () => S.gc(store, { maxFreed: Number.NaN })],
    "gc untilFree": ["untilFree", () => S.gc(store, { untilFree: -1 })],
    "gc freeInodes": ["freeInodes", () => S.gc(store, { freeInodes: 0.5 })],
    "trimHistory -1": ["keepLast", () => S.trimHistory(store, { keepLast: -1 })],
    "trimHistory NaN": ["keepLast", () => S.trimHistory(store, { keepLast: Number.NaN })],
    "pruneArchives keepLast": ["keepLast", async () => S.pruneArchives(store, { keepLast: -1 })],
    "pruneArchives youngerThan": ["youngerThan", async () => S.pruneArchives(store, { youngerThan: -1 })],
    "readLog 0": ["limit", () => S.readLog(store, { limit: 0 })],
    "readLog -1": ["limit", () => S.readLog(store, { limit: -1 })],
    generations: ["last", async () => S.generations(store, P, { last: -1 })],
    "runCommandAt with no command": ["command", () => S.runCommandAt(store, P, command)],
    "tryCommand with no command": ["command", () => S.tryCommand(store, P, command)],
    "compareGenerations with no command": [
      "command",
      () => S.compareGenerations(store, P, { ...generations, ...command }),
    ],
    "bisect with no command": ["command", () => S.bisect(store, P, { ...generations, ...command })],
    "a command that is an empty text": ["command", () => S.runCommandAt(store, P, { ...command, command: [""] })],
    "a command with a NUL": ["command", () => S.tryCommand(store, P, { ...command, command: ["true", "a\0b"] })],
  };

  return { store, install, from, asked };
}

describe("a number that cannot be", () => {
  it("is refused before anything happens, by its name", async () => {
    const { store, asked } = await makeAsked();
    const state = () => ({ log: logRecords(store).length, files: liveFiles(store), broken: brokenRules(store) });
    const before = state();
    for (const [name, [option, ask]] of Object.entries(asked)) {
      const error = await Promise.resolve()
        .then(ask)
        .then(String, (cause: unknown) => cause);
      expect(error, name).toMatchObject({ name: "StoreError", code: "INVALID_INPUT", hint: expect.any(String) });
      expect((error as S.StoreError).message, name).toMatch(new RegExp(`^${option} `));
      expect(state(), name).toEqual(before);
    }
  });

  it("stands beside others that can: the lowest and the highest priority, and no bound at all", async () => {
    const { store, install, from } = await makeAsked();
    for (const priority of [0, 99]) await install({ priority });
    await from({ limits: { maxBytes: Number.POSITIVE_INFINITY }, strip: 0 });
    expect(await S.rollback(store, P, { steps: 0 })).toMatchObject({ changed: false });
    expect(S.generations(store, P, { last: 0 })).toHaveLength(1);
  });
});
