import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import * as S from "../../src/index.ts";
import { listObjects } from "../../src/store/manifests.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom, liveNumber, makeProfileWorld, DEFAULT as P } from "../helpers/profile-worlds.ts";

const REASON = new Error("my reason");

describe("an operation whose signal is aborted already", () => {
  it("changes nothing and ends with the signal's reason", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const journal = join(world.directory, "journal");
    const a = await installFrom(store, world.source("a-1", { a: "" }));
    await S.install(store, { profile: P, packages: [{ from: world.source("b-1", { b: "" }), cwd: world.directory }] });
    await S.remove(store, { profile: P, names: ["b"] }, { trackingJournal: journal });
    await S.checkpoint(store, P, { name: "known" });
    const cwd = world.directory;
    const object = a.added[0]?.path as S.BaseName;
    await S.exportObjects(store, { what: ["a"], profile: P, cwd, output: join(cwd, "a.tar.gz") });
    await S.addToArchives(store, { what: ["a"], profile: P, cwd });
    await S.add(store, { from: world.source("alone-1", { alone: "" }), cwd });
    const packages = [{ from: world.source("c-1", { c: "" }), cwd }];
    const run = { signal: AbortSignal.abort(REASON) };
    const dry = { ...run, dryRun: true };
    const command = ["touch", join(cwd, "ran")];
    const what = { what: ["a"], profile: P, cwd };
    const operations: Readonly<Record<string, () => unknown>> = {
      install: () => S.install(store, { profile: P, packages }, run),
      planInstall: () => S.planInstall(store, { profile: P, packages }, run),
      remove: () => S.remove(store, { profile: P, names: ["a"] }, run),
      upgrade: () => S.upgrade(store, { profile: P, names: [], input: { cwd } }, run),
      planUpgrade: () => S.planUpgrade(store, { profile: P, names: [], input: { cwd } }, run),
      switchGeneration: () => S.switchGeneration(store, P, { selector: "gen-1" }, run),
      "switchGeneration, dry": () => S.switchGeneration(store, P, { selector: "gen-1" }, dry),
      revert: () => S.revert(store, P, { selector: "gen-1" }, run),
      planRevert: () => S.planRevert(store, P, { selector: "gen-1" }, run),
      rollback: () => S.rollback(store, P, {}, run),
      undo: () => S.undo(store, P, { transaction: 2, outOfSequence: true }, run),
      "undo, dry": () => S.undo(store, P, { transaction: 2, outOfSequence: true }, dry),
      redo: () => S.redo(store, P, { transaction: 2 }, run),
      rollbackJournal: () => S.rollbackJournal(store, P, { file: journal }, run),
      replay: () => S.replay(store, P, { file: journal }, run),
      checkpoint: () => S.checkpoint(store, P, { name: "new" }, run),
      deleteCheckpoint: () => S.deleteCheckpoint(store, P, { name: "known" }, run),
      pin: () => S.pin(store, P, { pinned: true }, run),
      commit: () =>
        S.beginTransaction(store, P)
          .add(packages[0] as S.PackageInput)
          .commit(run),
      resolve: () =>
        S.beginTransaction(store, P)
          .add(packages[0] as S.PackageInput)
          .resolve(run),
      add: () => S.add(store, packages[0] as S.PackageInput, run),
      addToArchives: () => S.addToArchives(store, what, run),
      exportObjects: () => S.exportObjects(store, { ...what, output: join(cwd, "new/a.tar.gz") }, run),
      importObjects: () => S.importObjects(store, { files: [join(cwd, "a.tar.gz")], cwd }, run),
      indexRepository: () => S.indexRepository({ directory: cwd, cwd }, run),
      obtainObjects: () => S.obtainObjects(store, [object], { cwd }, run),
      runCommandAt: () => S.runCommandAt(store, P, { command, cwd }, run),
      tryCommand: () => S.tryCommand(store, P, { command, cwd }, run),
      compareGenerations: () => S.compareGenerations(store, P, { from: "gen-1", command, cwd }, run),
      bisect: () => S.bisect(store, P, { good: "gen-1", bad: "gen-2", command, cwd }, run),
      changeSetting: () => S.changeSetting(store, { key: "gc.keep", values: ["9"] }, run),
      deleteGenerations: () => S.deleteGenerations(store, P, { patterns: ["gen-1"] }, run),
      deleteObjects: () => S.deleteObjects(store, { objects: [object] }, run),
      addRoot: () => S.addRoot(store, { object }, run),
      gc: () => S.gc(store, { keep: 0 }, run),
      storeUsage: () => S.storeUsage(store, run),
      verify: () => S.verify(store, { profile: P, cwd, contents: true }, run),
      repair: () => S.repair(store, { profile: P, cwd, contents: true }, run),
    };
    const below = (path: string) => readdirSync(join(world.root, path)).sort();
    const state = () => ({
      generations: S.generations(store, P),
      objects: listObjects(store),
      archives: below("archives"),
      temporary: below("tmp"),
      roots: S.roots(store),
      setting: S.getSetting(store, "gc.keep").value,
      files: readdirSync(cwd).sort(),
    });
    const before = state();
    for (const [name, operation] of Object.entries(operations)) {
      const end = await Promise.resolve()
        .then(operation)
        .then(
          () => "done",
          (error: unknown) => error,
        );
      expect(end, name).toBe(REASON);
      expect(state(), name).toEqual(before);
    }
    expect(brokenRules(store)).toEqual([]);
  });
});

describe("a command that is run", () => {
  /** Starts an operation whose command leaves a process in the background that ignores TERM and left its group. */
  async function abortInside(
    start: (command: readonly string[], cwd: string, run: S.RunOptions) => Promise<unknown>,
    { directory, ready }: { readonly directory: string; readonly ready: () => boolean },
  ) {
    const file = join(directory, "pids");
    const left = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 600' & echo $! > pids";
    const stop = new AbortController();
    let isOver = false;
    const running = caughtAsync(
      start(["sh", "-c", `${left}; echo $$ >> pids; sleep 600`], directory, { signal: stop.signal }),
    ).finally(() => {
      isOver = true;
    });
    while (!isOver && (!existsSync(file) || readFileSync(file, "utf8").split("\n").length < 3 || !ready()))
      await sleep(5);
    stop.abort(REASON);
    expect(await running).toBe(REASON);
    const pids = readFileSync(file, "utf8").trim().split("\n").map(Number);
    expect(pids.filter(isAlive)).toEqual([]);
  }

  function isAlive(pid: number): boolean {
    return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  }

  it("ends when the operation is aborted, with all that it started, and try goes back", async () => {
    const world = makeProfileWorld();
    const store = await world.open({ env: { PATH: process.env.PATH } });
    for (const version of ["1", "2"]) await installFrom(store, world.source(`a-${version}`, { a: version }));
    await abortInside(
      async (command, cwd, run) => {
        const trying = S.tryCommand(store, P, { command, cwd }, run);
        await S.switchGeneration(store, P, { selector: "gen-1" });
        return trying;
      },
      { directory: world.tree({}), ready: () => liveNumber(store) === 1 },
    );
    expect(liveNumber(store)).toBe(2);
    const directory = world.tree({});
    await abortInside((command, cwd, run) => S.runCommandAt(store, P, { command, cwd }, run), {
      directory,
      ready: () => true,
    });
    expect(brokenRules(store)).toEqual([]);
  });
});
