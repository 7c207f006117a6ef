import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/model/change.ts";
import { lockProfile } from "../../../src/operations/profiles/lock-profile.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { lockPath } from "../../../src/store/layout.ts";
import { listGenerations, readProfile } from "../../../src/store/profiles.ts";
import { acquireLock } from "../../../src/system/lock.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { useChangeDriver } from "../../helpers/change-driver.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  installFrom,
  installWith,
  liveFiles,
  logRecords,
  logTypes,
  makeProfileWorld,
  removeNames,
  switchTo,
} from "../../helpers/profile-worlds.ts";

const driver = useChangeDriver();

describe("changes at the same time (invariant 8)", () => {
  for (const count of [2, 8]) {
    it(`${count} processes that install different packages in a new profile all succeed`, async () => {
      const world = makeProfileWorld();
      const store = await world.open();
      const names = Array.from({ length: count }, (_, at) => `p${at}`);
      const runs = names.map((name) => {
        const from = [world.source(`${name}-1`, { [`bin/${name}`]: name, [`share/${name}/x`]: "" })];
        return driver.start({ root: world.root, steps: [{ do: "install", from }] });
      });
      const outcomes = (await Promise.all(runs.map(({ done }) => done))).flatMap((run) => run.outcomes);
      expect(outcomes.map(({ error }) => error)).toEqual(names.map(() => undefined));
      const files = names.flatMap((name) => [[`bin/${name}`, name] as const, [`share/${name}/x`, ""] as const]);
      expect(liveFiles(store)).toEqual(Object.fromEntries(files));
      const changes = outcomes.map(({ result }) => result as Change);
      expect(changes.map(({ to }) => to).sort()).toEqual(names.map((_, at) => at + 1));
      for (const { from, to } of changes) expect(readGeneration(store, DEFAULT, to).parent).toBe(from);
      expect(brokenRules(store)).toEqual([]);
    });
  }

  it("two processes that make the same profile leave one, with gen-0", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const go = join(world.directory, "go");
    const from = [world.source("a-1", { a: "a" })];
    const runs = [1, 2].map(() =>
      driver.start({
        root: world.root,
        steps: [
          { do: "wait-for", file: go },
          { do: "install", from },
        ],
      }),
    );
    writeFileSync(go, "");
    const changes = (await Promise.all(runs.map(({ done }) => done))).map(({ outcomes }) => outcomes[1]?.result);
    expect(changes.filter((change) => (change as Change).changed)).toHaveLength(1);
    expect(listGenerations(store, readProfile(store, DEFAULT))).toEqual([0, 1]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("an install replays on what a switch made live while it was prepared", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    for (const name of ["a-1", "b-1"]) await installFrom(store, world.source(name, { [name]: "" }));
    const [prepared, resume] = [join(world.directory, "prepared"), join(world.directory, "resume")];
    const from = [world.source("c-1", { "c-1": "" })];
    const install = driver.start({
      root: world.root,
      steps: [{ do: "install", from }],
      pauseAt: { prepared, resume },
    });
    while (!existsSync(prepared)) await sleep(5);
    await switchTo(store, "gen-1");
    writeFileSync(resume, "");
    const { outcomes } = await install.done;
    expect(outcomes[0]?.result).toMatchObject({ from: 1, to: 3, added: [{ name: "c" }] });
    expect(liveFiles(store)).toEqual({ "a-1": "", "c-1": "" });
    expect(readGeneration(store, DEFAULT, readProfile(store, DEFAULT).current).parent).toBe(1);
    // It began on gen-2, as the log tells, and went from gen-1.
    const mine = logRecords(store).filter(({ tx }) => tx === 3);
    expect(mine.map(({ event }) => event)).toMatchObject([
      { type: "begin", base: 2 },
      { type: "generation", parent: 1 },
      { type: "intent", from: 1, to: 3 },
      { type: "commit", from: 1, to: 3 },
    ]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("an install fails, with nothing changed, when it conflicts with what was installed meanwhile", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    const [prepared, resume] = [join(world.directory, "prepared"), join(world.directory, "resume")];
    const install = driver.start({
      root: world.root,
      steps: [{ do: "install", from: [world.source("c-1", { same: "c" })] }],
      pauseAt: { prepared, resume },
    });
    while (!existsSync(prepared)) await sleep(5);
    await installFrom(store, world.source("d-1", { same: "d" }));
    writeFileSync(resume, "");
    expect((await install.done).outcomes[0]?.error).toMatchObject({ code: "CONFLICT" });
    expect(liveFiles(store)).toEqual({ a: "", same: "d" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("in one process all land, too", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const names = ["a", "b", "c", "d"];
    await Promise.all(names.map((name) => installFrom(store, world.source(`${name}-1`, { [name]: name }))));
    await Promise.all([removeNames(store, "a"), removeNames(store, "b")]);
    expect(liveFiles(store)).toEqual({ c: "c", d: "d" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("of two profiles do not wait for each other, and both stand in one log", async () => {
    const world = makeProfileWorld();
    const store = await world.open({ wait: false });
    const other = "other" as typeof DEFAULT;
    await installFrom(store, world.source("a-1", { a: "" }));
    using _lock = await lockProfile(store, DEFAULT, {});
    await installWith(store, { profile: other }, world.source("b-1", { b: "b" }));
    expect(liveFiles(store, other)).toEqual({ b: "b" });
  });
});

describe("a profile that another process is changing (invariant 11)", () => {
  async function held() {
    const world = makeProfileWorld();
    const store = await world.open();
    const from = world.source("a-1", { a: "a" });
    await installFrom(store, from);
    const holder = driver.start({ root: world.root, command: ["install", "big"], steps: [{ do: "hold" }] });
    expect(await holder.first).toMatchObject({ result: "held" });
    return { world, store, holder };
  }

  it("is refused at once without waiting, with the holder's pid and command", async () => {
    const { world, holder } = await held();
    const impatient = await world.open({ wait: false });
    const error = await caughtAsync(installFrom(impatient, world.source("b-1", { b: "" })));
    const { pid } = holder.child;
    expect(error).toMatchObject({
      code: "BUSY",
      message: expect.stringContaining(`process ${pid} (store install big)`),
      details: { holder: { pid, command: "store install big" } },
    });
    expect(await caughtAsync(switchTo(impatient, "gen-0"))).toMatchObject({ code: "BUSY" });
    expect(liveFiles(impatient)).toEqual({ a: "a" });
    expect([logTypes(impatient, 2), logTypes(impatient, 3)]).toEqual([
      ["begin", "abort"],
      ["begin", "abort"],
    ]);
  });

  it("is waited for, which is told, until the holder is done or killed", async () => {
    const { world, store, holder } = await held();
    const events: StoreEvent[] = [];
    const onEvent = (event: StoreEvent) => {
      events.push(event);
      if (event.kind === "waiting") holder.child.kill("SIGKILL");
    };
    await installWith(store, { onEvent }, world.source("b-1", { b: "b" }));
    expect(events).toContainEqual({
      kind: "waiting",
      holder: expect.objectContaining({ pid: holder.child.pid, command: "store install big" }),
    });
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("is waited for no longer when the wait is aborted", async () => {
    const { world, store } = await held();
    const controller = new AbortController();
    const onEvent = (event: StoreEvent) => void (event.kind === "waiting" && controller.abort());
    const options = { onEvent, signal: controller.signal };
    await expect(installWith(store, options, world.source("b-1", { b: "" }))).rejects.toThrow();
    expect(liveFiles(store)).toEqual({ a: "a" });
    expect(logRecords(store).at(-1)?.event).toMatchObject({ type: "abort", reason: { code: "INTERRUPTED" } });
  });

  it("can be read all the while", async () => {
    const { store } = await held();
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 1 });
    expect(liveFiles(store)).toEqual({ a: "a" });
  });

  it("may also be one that is being made", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const context = { command: "store install other", now: () => new Date(), wait: true };
    using _lock = await acquireLock(lockPath(store.layout, "profile-default"), context);
    const impatient = await world.open({ wait: false });
    const error = await caughtAsync(installFrom(impatient, world.source("a-1", { a: "" })));
    expect(error).toMatchObject({ code: "BUSY", message: expect.stringContaining(`process ${process.pid}`) });
    expect(logTypes(store, 1)).toEqual(["begin", "abort"]);
  });
});
