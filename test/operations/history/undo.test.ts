import { describe, expect, it } from "vitest";
import type { BaseName, ProfileName } from "../../../src/model/ids.ts";
import { exportJournal } from "../../../src/operations/history/journals.ts";
import { redo, undo } from "../../../src/operations/history/undo.ts";
import { checkpoint, deleteCheckpoint } from "../../../src/operations/profiles/checkpoint.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { readGeneration, removeGeneration } from "../../../src/store/generation-records.ts";
import { objectPath } from "../../../src/store/layout.ts";
import { readPins } from "../../../src/store/pins.ts";
import { removeTree } from "../../../src/system/remove-tree.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  installWith,
  liveFiles,
  liveNumber,
  logRecords,
  logTypes,
  makeProfileWorld,
  profileDirectory,
  removeNames,
  switchTo,
} from "../../helpers/profile-worlds.ts";

/** #1 installs a-1 and b-1, #2 upgrades a, #3 adds c. */
async function withThree() {
  const world = makeProfileWorld();
  const store = await world.open();
  const make = (name: string) => world.source(name, { [name.split("-")[0] as string]: name });
  await installFrom(store, make("a-1"), make("b-1"));
  await installFrom(store, make("a-2"));
  await installFrom(store, make("c-1"));
  const warnings: string[] = [];
  const onEvent = (event: StoreEvent) => void (event.kind === "warning" && warnings.push(event.message));
  const run = { onEvent };
  return {
    ...{ world, store, make, warnings },
    undo: (transaction: number, outOfSequence = false) => undo(store, DEFAULT, { transaction, outOfSequence }, run),
    redo: (transaction: number, outOfSequence = false) => redo(store, DEFAULT, { transaction, outOfSequence }, run),
  };
}

describe("undo", () => {
  it("takes a transaction out of the middle as a new generation and keeps what came later", async () => {
    const { store, undo } = await withThree();
    expect(await undo(2)).toMatchObject({
      ...{ transaction: 4, from: 3, to: 4, changed: true, added: [], removed: [] },
      upgraded: [{ name: "a", from: { version: "2" }, to: { version: "1" } }],
    });
    expect(liveFiles(store)).toEqual({ a: "a-1", b: "b-1", c: "c-1" });
    expect(readGeneration(store, DEFAULT, generation(4))).toMatchObject({ parent: 3, reason: "undo #2" });
    expect(logRecords(store).find(({ tx }) => tx === 4)?.event).toMatchObject({ plan: { undo: 2 } });
    expect(brokenRules(store)).toEqual([]);
  });

  it("leaves out what cannot be had when that is asked for, and the log tells what", async () => {
    const { store, undo: takeBack } = await withThree();
    const [lost] = readGeneration(store, DEFAULT, generation(1)).packages.filter(({ name }) => name === "a");
    removeTree(objectPath(store.layout, lost?.path as BaseName));
    expect(await caughtAsync(takeBack(2))).toMatchObject({ code: "UNSAFE" });
    const change = await undo(store, DEFAULT, { transaction: 2 }, { missing: "remove" });
    expect(change).toMatchObject({ removed: [{ name: "a" }], leftOut: [{ name: "a", version: "1" }], upgraded: [] });
    expect(liveFiles(store)).toEqual({ b: "b-1", c: "c-1" });
    const begun = logRecords(store).find(({ tx, event }) => tx === change.transaction && event.type === "begin");
    expect(begun?.event).toMatchObject({ plan: { undo: 2, without: ["a"] } });
    expect(await redo(store, DEFAULT, { transaction: 2, outOfSequence: true }, { missing: "remove" })).toMatchObject({
      added: [{ name: "a", version: "2" }],
    });
    const { event } = logRecords(store).findLast(({ event }) => event.type === "begin") as { event: object };
    expect(event).toMatchObject({ plan: { redo: 2 } });
    expect(event).not.toHaveProperty("plan.without");
  });

  it("of an undo does it again, and so does redo", async () => {
    const { store, undo, redo } = await withThree();
    await undo(2);
    await undo(4);
    expect(liveFiles(store)).toEqual({ a: "a-2", b: "b-1", c: "c-1" });
    await undo(2);
    await redo(2);
    expect(liveFiles(store)).toEqual({ a: "a-2", b: "b-1", c: "c-1" });
  });

  it("puts back what was removed, with its priority and what it was asked for with", async () => {
    const { world, store, undo } = await withThree();
    await installWith(store, { priority: 3 }, world.source("d-1", { d: "d" }));
    await removeNames(store, "d");
    await undo(5);
    const found = readGeneration(store, DEFAULT, generation(liveNumber(store))).packages.find(
      ({ name }) => name === "d",
    );
    expect(found).toMatchObject({ priority: 3, requested: expect.stringContaining("d-1") });
  });

  it("done twice is a warning and no change", async () => {
    const { store, undo, warnings } = await withThree();
    await undo(2);
    expect(await undo(2)).toMatchObject({ changed: false, to: 4 });
    expect(warnings).toEqual(["#2 is undone already: a is as wanted"]);
    expect(liveNumber(store)).toBe(4);
  });

  it("is refused, with the change that is in the way, when a package was upgraded again", async () => {
    const { store, make, undo } = await withThree();
    await installFrom(store, make("a-3"));
    const before = profileDirectory(store);
    expect(await caughtAsync(undo(2))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringMatching(/#2 cannot be undone.*\n {2}a is 3 now, not 2 \(#4 upgraded it: store test\)/),
      hint: expect.stringContaining("--force=sequence"),
      details: { conflicts: [{ name: "a" }] },
    });
    expect(profileDirectory(store)).toEqual(before);
    expect(logTypes(store, 5)).toEqual(["begin", "abort"]);
    await undo(2, true);
    expect(liveFiles(store)).toMatchObject({ a: "a-1", c: "c-1" });
  });

  it("is refused when a package was removed, or came again", async () => {
    const { store, make, undo } = await withThree();
    await removeNames(store, "a", "b");
    expect(await caughtAsync(undo(2))).toMatchObject({
      message: expect.stringContaining("a is not installed now (#4 removed it"),
    });
    await installFrom(store, make("a-3"));
    expect(await caughtAsync(undo(4))).toMatchObject({
      message: expect.stringContaining("a is installed again, as 3 (#6 installed it"),
    });
  });

  it("is refused when a package that comes back has a file that came later, and wins it when forced", async () => {
    const { world, store, undo } = await withThree();
    await removeNames(store, "c");
    await installFrom(store, world.source("other-1", { c: "other" }));
    expect(await caughtAsync(undo(4))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringMatching(/#4 cannot be undone: .*different content at\n {2}c/),
    });
    await undo(4, true);
    expect(liveFiles(store)).toMatchObject({ c: "c-1" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("wins also against a package of the lowest priority there is, which makes room", async () => {
    const { world, store, undo, warnings } = await withThree();
    await installWith(store, { priority: 0 }, world.source("d-1", { d: "d" }));
    await removeNames(store, "d");
    await installWith(store, { priority: 0 }, world.source("other-1", { d: "other" }));
    await undo(5, true);
    expect(liveFiles(store)).toMatchObject({ d: "d" });
    expect(warnings).toEqual([expect.stringContaining("other has priority 1 now")]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("of a switch or rollback that nothing followed goes back to the generation that was live", async () => {
    const { store, undo } = await withThree();
    await goBack(store, 2);
    expect(await undo(4)).toMatchObject({ from: 1, to: 3 });
    await switchTo(store, "gen-0");
    expect(await undo(6)).toMatchObject({ from: 0, to: 3 });
    expect(liveFiles(store)).toEqual({ a: "a-2", b: "b-1", c: "c-1" });
  });

  it("of a switch that others followed takes back what it changed", async () => {
    const { store, make, undo } = await withThree();
    await switchTo(store, "gen-1");
    await installFrom(store, make("d-1"));
    await undo(4);
    expect(liveFiles(store)).toEqual({ a: "a-2", b: "b-1", c: "c-1", d: "d-1" });
    expect(liveNumber(store)).toBe(5);
  });

  it("works when the generation before is gone", async () => {
    const { store, undo } = await withThree();
    removeGeneration(store, DEFAULT, generation(1));
    removeGeneration(store, DEFAULT, generation(2));
    await undo(2);
    expect(liveFiles(store)).toMatchObject({ a: "a-1", c: "c-1" });
  });

  it("of a switch between generations with the same packages is nothing to do when one of them is gone", async () => {
    const { store, undo, redo } = await withThree();
    await removeNames(store, "c");
    await switchTo(store, "2");
    await deleteGenerations(store, DEFAULT, { patterns: ["4"] });
    for (const go of [undo, redo]) expect(await go(5)).toMatchObject({ changed: false, to: 2, upgraded: [] });
    expect(exportJournal(store, { transaction: 5 })).toMatchObject({ from: { generation: 4 }, steps: [] });
  });

  it("changes nothing in a dry run, and is refused there, too", async () => {
    const { store, make, undo: really } = await withThree();
    const before = { files: profileDirectory(store), records: logRecords(store).length };
    const plan = await undo(store, DEFAULT, { transaction: 2 }, { dryRun: true });
    expect(plan).toMatchObject({ transaction: 0, changed: false, from: 3, to: 3, upgraded: [{ name: "a" }] });
    expect({ files: profileDirectory(store), records: logRecords(store).length }).toEqual(before);
    await installFrom(store, make("a-3"));
    const refused = undo(store, DEFAULT, { transaction: 2 }, { dryRun: true });
    expect(await caughtAsync(refused)).toMatchObject({ code: "UNSAFE" });
    expect(await caughtAsync(really(2))).toMatchObject({ code: "UNSAFE" });
  });

  it("says why a transaction cannot be undone", async () => {
    const { store, undo: undoIt } = await withThree();
    await caughtAsync(removeNames(store, "zzz"));
    const message = async (transaction: number) => ((await caughtAsync(undoIt(transaction))) as Error).message;
    expect(await message(4)).toContain("it failed and changed nothing");
    expect(await message(99)).toBe("the log has no transaction #99");
    const other = "work" as ProfileName;
    expect(await caughtAsync(undo(store, other, { transaction: 2 }))).toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("-p default"),
    });
  });
});

describe("redo", () => {
  it("is refused when the packages are not as the transaction found them", async () => {
    const { make, store, redo } = await withThree();
    await installFrom(store, make("a-3"));
    expect(await caughtAsync(redo(2))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("#2 cannot be redone"),
    });
    await redo(2, true);
    expect(liveFiles(store)).toMatchObject({ a: "a-2" });
  });

  it("of a switch goes there from where it started", async () => {
    const { store, undo, redo } = await withThree();
    await switchTo(store, "gen-1");
    await undo(4);
    expect(await redo(4)).toMatchObject({ from: 3, to: 1 });
  });
});

describe("pins and checkpoints", () => {
  it("are undone and redone", async () => {
    const { store, undo, redo } = await withThree();
    await pin(store, DEFAULT, { selector: "gen-1", pinned: true });
    expect(await undo(4)).toMatchObject({ changed: true, mark: { type: "unpin", generation: 1 } });
    expect([...readPins(store, DEFAULT).generations]).toEqual([]);
    await redo(4);
    expect([...readPins(store, DEFAULT).generations]).toEqual([1]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("get the name back that they had before", async () => {
    const { store, undo } = await withThree();
    await checkpoint(store, DEFAULT, { name: "x", selector: "gen-1" });
    await checkpoint(store, DEFAULT, { name: "x", selector: "gen-2", move: true });
    await undo(5);
    expect(readPins(store, DEFAULT).tags.get("x")).toBe(1);
    await undo(4);
    expect(readPins(store, DEFAULT).tags.has("x")).toBe(false);
    await undo(7);
    await deleteCheckpoint(store, DEFAULT, { name: "x" });
    await undo(9);
    expect(readPins(store, DEFAULT).tags.get("x")).toBe(1);
  });

  it("that were moved again stay, unless forced", async () => {
    const { store, undo, warnings } = await withThree();
    await checkpoint(store, DEFAULT, { name: "x", selector: "gen-1" });
    await checkpoint(store, DEFAULT, { name: "x", selector: "gen-2", move: true });
    expect(await caughtAsync(undo(4))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("x is gen-2 now"),
    });
    await undo(4, true);
    expect(readPins(store, DEFAULT).tags.has("x")).toBe(false);
    await undo(4);
    expect(warnings).toEqual(["#4 is undone already: there is no checkpoint x"]);
  });
});
