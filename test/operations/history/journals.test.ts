import { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseProfileName } from "../../../src/model/ids.ts";
import { parseJournal, printJournal } from "../../../src/model/tracking-journal.ts";
import { exportJournal, replay, rollbackJournal } from "../../../src/operations/history/journals.ts";
import { trimHistory } from "../../../src/operations/history/trim-log.ts";
import { undo } from "../../../src/operations/history/undo.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { remove } from "../../../src/operations/profiles/remove.ts";
import { rollback, switchGeneration } from "../../../src/operations/profiles/switch.ts";
import { upgrade } from "../../../src/operations/profiles/upgrade.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { removeGeneration } from "../../../src/store/generation-records.ts";
import { generationLink } from "../../../src/store/layout.ts";
import { readPins } from "../../../src/store/pins.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  installFrom,
  installWith,
  liveFiles,
  liveNumber,
  makeProfileWorld,
  profileDirectory,
} from "../../helpers/profile-worlds.ts";

/** gen-1 has base; A, B and C each install something, with journals. */
async function withThree() {
  const world = makeProfileWorld();
  const store = await world.open();
  const file = (name: string) => join(world.directory, `${name}.journal`);
  const make = (name: string) => world.source(name, { [name.split("-")[0] as string]: name });
  await installFrom(store, make("base-1"));
  for (const [name, source] of [
    ["A", "a-1"],
    ["B", "b-1"],
    ["C", "base-2"],
  ] as const)
    await installWith(store, { trackingJournal: file(name) }, make(source));
  const back = (name: string, outOfSequence = false) =>
    rollbackJournal(store, DEFAULT, { file: file(name), outOfSequence });
  const forest = () => readlinkSync(generationLink(store.layout, DEFAULT, generation(liveNumber(store))));
  return { world, store, file, make, back, forest };
}

describe("rollback of journals", () => {
  it("C, B, A returns to the very forest before, and brings A, B, C back by undo", async () => {
    const { store, back, forest } = await withThree();
    const before = readlinkSync(generationLink(store.layout, DEFAULT, generation(1)));
    for (const name of ["C", "B", "A"]) await back(name);
    expect([liveNumber(store), forest()]).toEqual([1, before]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("A first is refused with what came after it, and changes nothing", async () => {
    const { store, back } = await withThree();
    const before = profileDirectory(store);
    expect(await caughtAsync(back("A"))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringMatching(/#2 is not the last change.*\n {2}#3 {2}store test\n {2}#4 {2}store test$/),
      details: { between: [3, 4] },
    });
    expect(profileDirectory(store)).toEqual(before);
    await back("A", true);
    expect(liveFiles(store)).toEqual({ b: "b-1", base: "base-2" });
  });

  it("is in sequence wherever the profile is just what the change left", async () => {
    const { store, back, forest } = await withThree();
    await undo(store, DEFAULT, { transaction: 4 });
    expect(liveNumber(store)).toBe(5);
    await back("B");
    expect(liveNumber(store)).toBe(2);
    expect(forest()).toContain("-profile-default");
  });

  it("makes the same forest again when the generation before is gone", async () => {
    const { store, back, forest } = await withThree();
    const before = readlinkSync(generationLink(store.layout, DEFAULT, generation(3)));
    removeGeneration(store, DEFAULT, generation(3));
    await back("C");
    expect([liveNumber(store), forest()]).toEqual([5, before]);
  });

  it("done twice changes nothing the second time", async () => {
    const { store, back } = await withThree();
    await back("C");
    expect(await back("C")).toMatchObject({ changed: false });
    expect(liveNumber(store)).toBe(3);
  });

  it("belongs to its store and profile", async () => {
    const { world, store, file } = await withThree();
    const other = await world.store("t");
    await installFrom(other, world.source("z-1", { z: "z" }));
    const request = { file: file("A") };
    expect(await caughtAsync(rollbackJournal(other, DEFAULT, request))).toMatchObject({ code: "USAGE" });
    const work = parseProfileName("work");
    await installWith(store, { profile: work }, world.source("z-1", { z: "z" }));
    expect(await caughtAsync(rollbackJournal(store, work, request))).toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("-p default"),
    });
  });
});

describe("a journal", () => {
  it("is written by every kind of change", async () => {
    const { world, store, file, make } = await withThree();
    const request = { profile: DEFAULT };
    world.tree({ a: "changed" }, make("a-1"));
    const changes = {
      install: (trackingJournal: string) =>
        install(store, { ...request, packages: [{ from: make("d-1"), cwd: "/" }] }, { trackingJournal }),
      remove: (trackingJournal: string) => remove(store, { ...request, names: ["b"] }, { trackingJournal }),
      upgrade: (trackingJournal: string) =>
        upgrade(store, { ...request, names: [], input: { cwd: "/" } }, { trackingJournal }),
      switch: (trackingJournal: string) => switchGeneration(store, DEFAULT, { selector: "gen-1" }, { trackingJournal }),
      rollback: (trackingJournal: string) => rollback(store, DEFAULT, {}, { trackingJournal }),
      undo: (trackingJournal: string) => undo(store, DEFAULT, { transaction: 9 }, { trackingJournal }),
    };
    for (const [name, change] of Object.entries(changes)) {
      const { transaction, from, to } = await change(file(name));
      const journal = parseJournal(readFileSync(file(name), "utf8"), name);
      expect(journal, name).toMatchObject({ transaction, from: { generation: from }, to: { generation: to } });
    }
    expect(liveNumber(store)).toBe(1);
    for (const name of Object.keys(changes).reverse()) await rollbackJournal(store, DEFAULT, { file: file(name) });
    expect(liveNumber(store)).toBe(4);
  });

  it("of a pin takes it back", async () => {
    const { store, file } = await withThree();
    await pin(store, DEFAULT, { pinned: true }, { trackingJournal: file("pin") });
    await rollbackJournal(store, DEFAULT, { file: file("pin") });
    expect([...readPins(store, DEFAULT).generations]).toEqual([]);
    const told: StoreEvent[] = [];
    const onEvent = (event: StoreEvent) => void told.push(event);
    const again = await rollbackJournal(store, DEFAULT, { file: file("pin") }, { onEvent });
    expect(again).toMatchObject({ changed: false });
    const message = "#5 is rolled back already: gen-4 is not pinned";
    expect(told).toEqual([expect.objectContaining({ kind: "warning", message })]);
    expect(await caughtAsync(replay(store, DEFAULT, { file: file("pin") }))).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("of a change without effect records that, and is rolled back wherever the profile is", async () => {
    const { store, file, make } = await withThree();
    await installWith(store, { trackingJournal: file("none") }, make("a-1"));
    await installFrom(store, make("d-1"));
    expect(await rollbackJournal(store, DEFAULT, { file: file("none") })).toMatchObject({ changed: false });
  });

  it("is never overwritten, and is not left by a change that fails", async () => {
    const { world, store, file, make } = await withThree();
    const text = readFileSync(file("A"), "utf8");
    const refused = installWith(store, { trackingJournal: file("A") }, make("d-1"));
    expect(await caughtAsync(refused)).toMatchObject({ code: "UNSAFE", message: expect.stringContaining("exists") });
    expect(readFileSync(file("A"), "utf8")).toBe(text);
    expect(liveNumber(store)).toBe(4);
    const conflict = world.source("x-1", { a: "conflict" });
    expect(await caughtAsync(installWith(store, { trackingJournal: file("x") }, conflict))).toMatchObject({
      code: "CONFLICT",
    });
    expect(existsSync(file("x"))).toBe(false);
    const nowhere = join(world.directory, "nowhere", "j");
    expect(await caughtAsync(installWith(store, { trackingJournal: nowhere }, conflict))).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("can be exported from the log, and says the same", async () => {
    const { store, file } = await withThree();
    const { time, ...written } = parseJournal(readFileSync(file("C"), "utf8"), "C");
    expect(exportJournal(store, { transaction: 4 })).toMatchObject(written);
    expect(time).toMatch(/^2026-/);
  });

  it("can be exported when its generations were deleted since, and is rolled back", async () => {
    const { store, file, make, world } = await withThree();
    const { time: _, ...written } = parseJournal(readFileSync(file("B"), "utf8"), "B");
    await installFrom(store, make("d-1"));
    await deleteGenerations(store, DEFAULT, { patterns: ["2..4"] });
    const exported = join(world.directory, "exported");
    expect(exportJournal(store, { transaction: 3, file: exported })).toMatchObject(written);
    const { removed } = await rollbackJournal(store, DEFAULT, { file: exported, outOfSequence: true });
    expect(removed).toMatchObject([{ name: "b" }]);
    expect(exportJournal(store, { transaction: 4 })).toMatchObject({ from: { generation: 3 } });
    await trimHistory(store, { keepLast: 4 });
    expect(() => exportJournal(store, { transaction: 4 })).toThrow(/gen-3 .* was deleted, and the log no longer tells/);
  });

  it.each([
    ["other content", (text: string) => text.replace('"a-1"', '"b-1"').replace("-a-1", "-b-1"), "DAMAGED"],
    ["half of it", (text: string) => text.slice(0, text.length / 2), "INVALID_INPUT"],
    ["another file", () => '{"some": "json"}', "INVALID_INPUT"],
    ["nothing", () => "", "INVALID_INPUT"],
  ])("with %s is refused", async (_, damage, code) => {
    const { store, file, back } = await withThree();
    const [text] = [readFileSync(file("C"), "utf8")];
    writeFileSync(file("C"), damage(readFileSync(file("A"), "utf8")));
    expect(await caughtAsync(back("C"))).toMatchObject({ code });
    expect(liveNumber(store)).toBe(4);
    writeFileSync(file("C"), text);
    await back("C");
  });

  it("of a newer format is refused, and unknown members are kept", async () => {
    const { file } = await withThree();
    const journal = parseJournal(readFileSync(file("A"), "utf8"), "A");
    const newer = printJournal({ ...journal, unknown: { format: 2 } });
    expect(() => parseJournal(newer, "A")).toThrow(/format 2/);
    const more = printJournal({ ...journal, unknown: { later: 1 } });
    expect(parseJournal(more, "A").unknown).toEqual({ later: 1 });
  });
});

describe("replay", () => {
  it("says which file cannot be read", async () => {
    const { world, store } = await withThree();
    const file = world.directory;
    expect(await caughtAsync(replay(store, DEFAULT, { file }))).toMatchObject({ code: "EISDIR", path: file });
    expect(await caughtAsync(replay(store, DEFAULT, { file: join(file, "none") }))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(join(file, "none")),
    });
  });

  it("does the same in another profile, and in another store that has the packages", async () => {
    const { world, store, file } = await withThree();
    const work = parseProfileName("work");
    expect(await replay(store, work, { file: file("A") })).toMatchObject({ from: 0, to: 1, added: [{ name: "a" }] });
    expect(liveFiles(store, work)).toEqual({ a: "a-1" });
    const other = await world.store("t");
    expect(await caughtAsync(replay(other, DEFAULT, { file: file("A") }))).toMatchObject({
      code: "UNSAFE",
      message: expect.stringMatching(
        /^#2 cannot be replayed: a 1 is not whole in this store:\n {2}\S+-a-1: it is not there$/,
      ),
    });
    await installWith(other, { profile: work }, world.source("a-1", { a: "a-1" }));
    await replay(other, DEFAULT, { file: file("A") });
    expect(liveFiles(other)).toEqual({ a: "a-1" });
    expect(brokenRules(other)).toEqual([]);
  });

  it("is refused where packages are not as they were, unless forced", async () => {
    const { store, file, make } = await withThree();
    const work = parseProfileName("work");
    const request = { file: file("C") };
    expect(await caughtAsync(replay(store, work, request))).toMatchObject({
      code: "UNSAFE",
      message: "#4 cannot be replayed, since packages are not as it found them:\n  base is not installed now",
      hint: expect.stringMatching(/^Nothing was changed\. Give --force=sequence: /),
    });
    await installFrom(store, make("a-2"));
    expect(await caughtAsync(replay(store, DEFAULT, { file: file("A") }))).toMatchObject({
      message: "#2 cannot be replayed, since packages are not as it found them:\n  a is installed now, as 2",
    });
    await replay(store, work, { ...request, outOfSequence: true });
    expect(liveFiles(store, work)).toEqual({ base: "base-2" });
  });
});
