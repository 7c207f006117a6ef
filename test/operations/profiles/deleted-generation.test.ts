import { describe, expect, it } from "vitest";
import { gc } from "../../../src/operations/collection/gc.ts";
import { diffGenerations } from "../../../src/operations/history/diff.ts";
import { planRevert, revert } from "../../../src/operations/history/revert.ts";
import { trimHistory } from "../../../src/operations/history/trim-log.ts";
import { undo } from "../../../src/operations/history/undo.ts";
import { listPackages } from "../../../src/operations/packages/list.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { rollback, switchGeneration } from "../../../src/operations/profiles/switch.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { compareGenerations } from "../../../src/operations/running/compare.ts";
import { runCommandAt } from "../../../src/operations/running/run-command.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  installFrom,
  liveFiles,
  liveNumber,
  logRecords,
  makeProfileWorld,
  removeNames,
} from "../../helpers/profile-worlds.ts";

/** gen-1: a; gen-2: a and b, deleted; gen-3: b; gen-4: b and c. */
async function withDeleted() {
  const world = makeProfileWorld();
  const store = await world.open();
  const sources = ["a", "b", "c"].map((name) => world.source(`${name}-1`, { [name]: name }));
  const [a = "", b = "", c = ""] = sources;
  await installFrom(store, a);
  await installFrom(store, b);
  await removeNames(store, "a");
  await installFrom(store, c);
  await deleteGenerations(store, DEFAULT, { patterns: ["1..2"] });
  const events: StoreEvent[] = [];
  const onEvent = (event: StoreEvent) => void events.push(event);
  return { world, store, a, events, onEvent };
}

const then = { selector: "#2" };

describe("a time whose generation was deleted", () => {
  it("is planned and then reached by a new generation of the packages that the log tells", async () => {
    const { store } = await withDeleted();
    const expected = {
      ...{ profile: DEFAULT, from: 4, madeFrom: 2, wasDeleted: true },
      ...{ added: [{ name: "a" }], removed: [{ name: "c" }], upgraded: [] },
    };
    expect(await planRevert(store, DEFAULT, then)).toMatchObject({ ...expected, to: 4, changed: false });
    const told: unknown[] = [];
    const change = await revert(store, DEFAULT, then, { onPlan: (plan) => told.push(plan) });
    expect(told).toMatchObject([expected]);
    expect(change).toMatchObject({ ...expected, to: 5, changed: true });
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
    expect(readGeneration(store, DEFAULT, generation(5))).toMatchObject({ parent: 1, reason: "gen-2 again" });
    expect(logRecords(store).findLast(({ event }) => event.type === "begin")?.event).toMatchObject({
      plan: { revert: "#2" },
    });
    expect(await revert(store, DEFAULT, then)).toMatchObject({ from: 5, to: 5, changed: false });
    expect(brokenRules(store)).toEqual([]);
  });

  it("has what was collected again from where the log says that it came from", async () => {
    const { world, store, a } = await withDeleted();
    await gc(store, {});
    const obtain = () => ({ cwd: world.directory, rebuild: { cwd: world.directory, recipes: [] } });
    const plan = await planRevert(store, DEFAULT, then, { obtain });
    expect(plan).toMatchObject({ obtained: [{ from: "source", where: a }], added: [{ name: "a" }] });
    expect(await switchGeneration(store, DEFAULT, then, { obtain })).toMatchObject({
      ...{ to: 5, obtained: plan.obtained, madeFrom: 2 },
    });
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
  });

  it("is refused with the list where something cannot be had, unless that is left out", async () => {
    const { world, store, a, events, onEvent } = await withDeleted();
    await gc(store, {});
    removeTree(a);
    const obtain = () => ({ cwd: world.directory, rebuild: { cwd: world.directory, recipes: [] } });
    for (const go of [planRevert, revert]) {
      expect(await caughtAsync(go(store, DEFAULT, then, { obtain }))).toMatchObject({
        code: "UNSAFE",
        message: expect.stringMatching(/^gen-2 .*is not whole:\n {2}\S+-a-1: /s),
        details: { generation: 2, missing: [{ path: expect.stringMatching(/-a-1$/) }] },
      });
    }
    expect(liveNumber(store)).toBe(4);
    const rest = { removed: [{ name: "c" }], added: [], leftOut: [{ name: "a" }], madeFrom: 2 };
    expect(await planRevert(store, DEFAULT, then, { obtain, missing: "remove", onEvent })).toMatchObject(rest);
    expect(await revert(store, DEFAULT, then, { obtain, missing: "remove", onEvent })).toMatchObject(rest);
    const warnings = events.filter(({ kind }) => kind === "warning");
    expect(warnings).toMatchObject([...Array(2)].map(() => ({ message: expect.stringMatching(/^a 1 is left out: /) })));
    expect(warnings[0]).toEqual(warnings[1]);
    expect(liveFiles(store)).toEqual({ b: "b" });
    expect(logRecords(store).findLast(({ event }) => event.type === "begin")?.event).toMatchObject({
      plan: { revert: "#2", without: ["a"] },
    });
  });

  it("is known by its number, too, unless there never was one", async () => {
    const { store } = await withDeleted();
    expect(await revert(store, DEFAULT, { selector: "gen-2" })).toMatchObject({ to: 5, madeFrom: 2, wasDeleted: true });
    expect(liveFiles(store)).toEqual({ a: "a", b: "b" });
    expect(await caughtAsync(revert(store, DEFAULT, { selector: "gen-9" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is listed and compared as the log tells it", async () => {
    const { store } = await withDeleted();
    for (const selector of ["#2", "gen-2"]) {
      const listed = await listPackages(store, DEFAULT, { selector });
      expect(listed.map(({ name, requested }) => [name, typeof requested])).toEqual([
        ["a", "string"],
        ["b", "string"],
      ]);
      expect(await diffGenerations(store, DEFAULT, { from: selector })).toMatchObject({
        ...{ from: 2, to: 4, added: [{ name: "c" }], removed: [{ name: "a" }], upgraded: [] },
        closure: { from: { objects: 2 }, to: { objects: 2 } },
      });
      expect(await diffGenerations(store, DEFAULT, { from: "gen-3", to: selector })).toMatchObject({
        ...{ from: 3, to: 2, added: [{ name: "a" }], removed: [] },
      });
    }
    expect(await caughtAsync(listPackages(store, DEFAULT, { selector: "gen-9" }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("can have commands run in it as long as its packages are there", async () => {
    const { world, store } = await withDeleted();
    const command = ["/bin/sh", "-c", 'cd "$STORE_PATH" && echo * $STORE_GENERATION'];
    const request = { command, cwd: world.directory };
    const compared = await compareGenerations(store, DEFAULT, { ...request, from: "#2", to: "gen-4" });
    expect(compared).toMatchObject({
      left: { generation: 2, exitCode: 0, output: "a b gen-2\n" },
      right: { generation: 4, output: "b c gen-4\n" },
    });
    const there = { command: ["/bin/sh", "-c", 'test -e "$STORE_PATH/a"'], cwd: world.directory, selector: "gen-2" };
    expect(await runCommandAt(store, DEFAULT, there)).toMatchObject({ generation: 2, exitCode: 0 });
    expect(liveNumber(store)).toBe(4);
    await gc(store, {});
    expect(await caughtAsync(runCommandAt(store, DEFAULT, there))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/^gen-2 was deleted, and its packages are gone: \S+-a-1$/),
      hint: "`store switch gen-2` makes it anew with what can be had again.",
    });
    expect(brokenRules(store)).toEqual([]);
  });

  it("is a parent to go back to, and has one itself", async () => {
    const { store } = await withDeleted();
    const dryRun = true;
    expect(await rollback(store, DEFAULT, { steps: 2 }, { dryRun })).toMatchObject({ from: 4, madeFrom: 2 });
    expect(await rollback(store, DEFAULT, { steps: 3 })).toMatchObject({ from: 4, to: 5, madeFrom: 1 });
    expect(liveFiles(store)).toEqual({ a: "a" });
    expect(await rollback(store, DEFAULT, {})).toMatchObject({ from: 5, to: 0 });
    expect(await switchGeneration(store, DEFAULT, { selector: "-" })).toMatchObject({ from: 0, to: 5 });
    expect(await switchGeneration(store, DEFAULT, { selector: "gen-4" })).toMatchObject({ from: 5, to: 4 });
    expect(await rollback(store, DEFAULT, { steps: 4 })).toMatchObject({ from: 4, to: 0 });
    expect(await caughtAsync(rollback(store, DEFAULT, {}))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is told, when the log was trimmed since, with the generation before it", async () => {
    const { store } = await withDeleted();
    await trimHistory(store, { keepLast: 1 });
    expect(await rollback(store, DEFAULT, {})).toMatchObject({ from: 4, to: 3 });
    expect(await caughtAsync(rollback(store, DEFAULT, {}))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/^gen-2, from which gen-3 .*was deleted.*the log no longer tells/),
      hint: expect.stringContaining("`store switch gen-0`"),
    });
    expect(liveNumber(store)).toBe(3);
  });

  it("is one step of going back, again and again, and each of them can be undone", async () => {
    const { store } = await withDeleted();
    expect(await rollback(store, DEFAULT, {})).toMatchObject({ from: 4, to: 3 });
    const anew = await rollback(store, DEFAULT, {});
    expect(anew).toMatchObject({ from: 3, to: 5, madeFrom: 2, added: [{ name: "a" }] });
    const commit = logRecords(store).at(-1)?.event;
    expect(commit).toMatchObject({ type: "commit", change: { added: [{ name: "a" }], removed: [] } });
    expect(await rollback(store, DEFAULT, {})).toMatchObject({ from: 5, to: 6, madeFrom: 1, removed: [{ name: "b" }] });
    expect([5, 6].map((number) => readGeneration(store, DEFAULT, generation(number)).parent)).toEqual([1, 0]);
    expect(await undo(store, DEFAULT, { transaction: anew.transaction })).toMatchObject({ removed: [{ name: "a" }] });
    expect(await switchGeneration(store, DEFAULT, { selector: "gen-6" })).toMatchObject({ to: 6 });
    expect(await rollback(store, DEFAULT, {})).toMatchObject({ from: 6, to: 0 });
    expect(brokenRules(store)).toEqual([]);
  });

  it("is one step of going back also where packages of it cannot be had again", async () => {
    const { world, store, a } = await withDeleted();
    await rollback(store, DEFAULT, {});
    await gc(store, {});
    removeTree(a);
    const obtain = () => ({ cwd: world.directory, rebuild: { cwd: world.directory, recipes: [] } });
    // What is left of gen-2 is what is live.
    expect(await rollback(store, DEFAULT, {}, { obtain, missing: "remove" })).toMatchObject({ changed: false });
    expect(await rollback(store, DEFAULT, { steps: 2 }, { obtain, missing: "remove" })).toMatchObject({ to: 5 });
    expect(liveFiles(store)).toEqual({});
    expect(await rollback(store, DEFAULT, {})).toMatchObject({ from: 5, to: 0 });
  });

  it("is known as long as the log tells of a time at which it was live, also when it no longer tells of its making", async () => {
    const { store } = await withDeleted();
    for (const selector of ["gen-3", "gen-4"]) await switchGeneration(store, DEFAULT, { selector });
    await deleteGenerations(store, DEFAULT, { patterns: ["3"] });
    const dryRun = true;
    // The trim itself counts: the log begins with the switch to it, then with the one away from it.
    for (const keepLast of [3, 3]) {
      await trimHistory(store, { keepLast });
      const expected = { madeFrom: 3, wasDeleted: true, removed: [{ name: "c" }] };
      expect(await planRevert(store, DEFAULT, { selector: "gen-3" })).toMatchObject(expected);
      expect(await rollback(store, DEFAULT, {}, { dryRun })).toMatchObject(expected);
    }
    await trimHistory(store, { keepLast: 1 });
    expect(await caughtAsync(rollback(store, DEFAULT, {}, { dryRun }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is not known when the log does not reach back to it", async () => {
    const { store } = await withDeleted();
    await trimHistory(store, { keepLast: 1 });
    expect(await caughtAsync(rollback(store, DEFAULT, { steps: 2 }))).toMatchObject({ code: "NOT_FOUND" });
    expect(await caughtAsync(revert(store, DEFAULT, { selector: "gen-2" }))).toMatchObject({
      code: "NOT_FOUND",
      message: "there is no gen-2",
    });
  });
});
