import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { gc } from "../../../src/operations/collection/gc.ts";
import { generations } from "../../../src/operations/packages/list.ts";
import { checkpoint, checkpoints } from "../../../src/operations/profiles/checkpoint.ts";
import { deleteGenerations } from "../../../src/operations/profiles/delete-generations.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { switchGeneration } from "../../../src/operations/profiles/switch.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import { openJournal } from "../../../src/store/journal.ts";
import { generationFile, pinsFile } from "../../../src/store/layout.ts";
import { appendRecords } from "../../../src/store/log/append.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readPins } from "../../../src/store/pins.ts";
import { removeFile } from "../../../src/system/remove-file.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { errno, patchFs } from "../../helpers/patch-fs.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  goBack,
  installFrom,
  logRecords,
  logTypes,
  makeProfileWorld,
} from "../../helpers/profile-worlds.ts";

async function withTwo() {
  const world = makeProfileWorld();
  const store = await world.open();
  for (const name of ["a-1", "b-1"]) await installFrom(store, world.source(name, { [name]: "" }));
  return { world, store };
}

function pinned(store: Store): number[] {
  return generations(store, DEFAULT).flatMap((each) => (each.pinned ? [each.generation] : []));
}

describe("pins and names whose file is lost", () => {
  async function withLost() {
    const { store } = await withTwo();
    await checkpoint(store, DEFAULT, { name: "good", selector: "1" });
    await switchGeneration(store, DEFAULT, { selector: "gen-0" });
    await switchGeneration(store, DEFAULT, { selector: "gen-2" });
    unlinkSync(pinsFile(store.layout, DEFAULT));
    return store;
  }

  it("are those of the log: a collection keeps what they name, and the next change writes them", async () => {
    const store = await withLost();
    expect(checkpoints(store, DEFAULT)).toMatchObject([{ name: "good", generation: 1 }]);
    expect(generations(store, DEFAULT)).toMatchObject([{ tags: [] }, { tags: ["good"] }, { tags: [] }]);
    expect((await gc(store, { keep: 1 })).generations).toEqual([]);
    await expect(deleteGenerations(store, DEFAULT, { patterns: ["1"] })).rejects.toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("tag:good"),
    });
    await pin(store, DEFAULT, { pinned: true });
    expect(readPins(store, DEFAULT)).toMatchObject({ generations: new Set([2]), tags: new Map([["good", 1]]) });
  });

  it("are not forgotten by the next snapshot of the log", async () => {
    const store = await withLost();
    await appendRecords(openJournal(store), [], { durable: true, withSnapshot: true });
    expect(checkpoints(store, DEFAULT)).toMatchObject([{ name: "good", generation: 1 }]);
  });

  it("keep generations from being deleted where the log cannot be read either", async () => {
    const store = await withLost();
    const file = join(store.layout.log, "000001.jsonl");
    writeFileSync(file, readFileSync(file, "utf8").replace('"tag"', '"TAG"'));
    expect(checkpoints(store, DEFAULT)).toEqual([]);
    await expect(gc(store, { keep: 1 })).rejects.toMatchObject({ code: "DAMAGED" });
    await expect(deleteGenerations(store, DEFAULT, { patterns: ["1"] })).rejects.toMatchObject({ code: "DAMAGED" });
    expect(generations(store, DEFAULT)).toHaveLength(3);
  });

  it.each([
    ["is not there", (file: string) => removeFile(file), "lacks the name 'good', which the log tells gen-1 has"],
    [
      "lacks a name",
      (file: string) => writeFileSync(file, '{"format":1,"generations":[],"tags":{}}'),
      "lacks the name 'good', which the log tells gen-1 has",
    ],
    [
      "has another generation for a name",
      (file: string) => writeFileSync(file, '{"format":1,"generations":[],"tags":{"good":2}}'),
      "gives the name 'good' to gen-2, which the log tells gen-1 has",
    ],
  ])("are found by verify, and restored from the log, when the file %s", async (_, damage, reason) => {
    const store = await withLost();
    damage(pinsFile(store.layout, DEFAULT));
    const request = { profile: DEFAULT, cwd: "/" };
    expect((await verify(store, request)).damaged).toMatchObject([
      { kind: "pins", subject: "default/pins.json", reason },
    ]);
    expect(await repair(store, request)).toMatchObject({
      damaged: [],
      repaired: [{ outcome: { from: "from the log" } }],
    });
    expect(readPins(store, DEFAULT).tags).toEqual(new Map([["good", 1]]));
    expect((await verify(store, request)).damaged).toEqual([]);
  });
});

describe("pin", () => {
  it("pins the live generation, or the one that is named, and unpins it", async () => {
    const { store } = await withTwo();
    expect(await pin(store, DEFAULT, { pinned: true })).toEqual({
      transaction: 3,
      profile: "default",
      generation: 2,
      pinned: true,
      changed: true,
    });
    await pin(store, DEFAULT, { selector: "-2", pinned: true });
    expect(pinned(store)).toEqual([0, 2]);
    expect(await pin(store, DEFAULT, { pinned: false })).toMatchObject({ generation: 2, pinned: false, changed: true });
    expect(pinned(store)).toEqual([0]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("does nothing twice", async () => {
    const { store } = await withTwo();
    await pin(store, DEFAULT, { pinned: true });
    const records = logRecords(store).length;
    expect(await pin(store, DEFAULT, { pinned: true })).toMatchObject({ transaction: 0, changed: false });
    expect(await pin(store, DEFAULT, { selector: "1", pinned: false })).toMatchObject({ changed: false });
    expect(logRecords(store).length).toBe(records);
  });

  it("is logged, and logged before and after the file is replaced", async () => {
    const { store } = await withTwo();
    await pin(store, DEFAULT, { pinned: true });
    expect(logTypes(store, 3)).toEqual(["begin", "intent", "pin", "commit"]);
    expect(logRecords(store).at(-2)?.event).toMatchObject({ type: "pin", generation: 2 });
  });

  it("refuses what names no generation, which the log tells", async () => {
    const { store } = await withTwo();
    expect(await caughtAsync(pin(store, DEFAULT, { selector: "7", pinned: true }))).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(logTypes(store, 3)).toEqual(["begin", "abort"]);
    expect(pinned(store)).toEqual([]);
  });

  it("refuses a generation whose record is damaged or was deleted, also where the log still tells of it", async () => {
    const { store } = await withTwo();
    writeFileSync(generationFile(store.layout, DEFAULT, generation(1)), "{");
    expect(await caughtAsync(pin(store, DEFAULT, { selector: "1", pinned: true }))).toMatchObject({ code: "DAMAGED" });
    await deleteGenerations(store, DEFAULT, { patterns: ["gen-1"] });
    for (const selector of ["1", "#1"])
      expect(await caughtAsync(pin(store, DEFAULT, { selector, pinned: true }))).toMatchObject({ code: "NOT_FOUND" });
    expect([pinned(store), readPins(store, DEFAULT).generations.size]).toEqual([[], 0]);
  });

  it("keeps members of its file that it does not know", async () => {
    const { store } = await withTwo();
    await pin(store, DEFAULT, { pinned: true });
    const path = pinsFile(store.layout, DEFAULT);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), later: { x: 1 } }));
    await pin(store, DEFAULT, { pinned: false });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ format: 1, generations: [], tags: {}, later: { x: 1 } });
  });

  it("refuses a file of a newer format, and a damaged one", async () => {
    const { store } = await withTwo();
    for (const [text, code] of [
      ['{"format": 9}', "NEWER_FORMAT"],
      ['{"format": 1, "generations": ["x"]}', "DAMAGED"],
      ["{", "DAMAGED"],
    ]) {
      writeFileSync(pinsFile(store.layout, DEFAULT), String(text));
      expect(await caughtAsync(pin(store, DEFAULT, { pinned: true }))).toMatchObject({ code });
    }
  });

  it("that cannot be written is taken back in the log", async () => {
    const { store } = await withTwo();
    patchFs("renameSync", (original) => (from: string, to: string) => {
      if (to.endsWith("/pins.json")) throw errno("ENOSPC");
      original(from, to);
    });
    expect(await caughtAsync(pin(store, DEFAULT, { pinned: true }))).toMatchObject({ code: "ENOSPC" });
    expect(logTypes(store, 3)).toEqual(["begin", "intent", "abort"]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("whose flush fails is done, with a warning", async () => {
    const { store } = await withTwo();
    const directory = dirname(pinsFile(store.layout, DEFAULT));
    patchFs("openSync", (original) => (path: string, flags: string, mode: number) => {
      if (path === directory) throw errno("EACCES");
      return original(path, flags, mode);
    });
    const events: StoreEvent[] = [];
    const result = await pin(store, DEFAULT, { pinned: true }, { onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({ changed: true });
    expect(events).toContainEqual(expect.objectContaining({ message: expect.stringContaining("power failure") }));
    expect([...readPins(store, DEFAULT).generations]).toEqual([2]);
    expect(logTypes(store, 3)).toEqual(["begin", "intent", "pin", "commit"]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("that the log does not tell yet is done, and completed by the next command", async () => {
    const { store } = await withTwo();
    let isBroken = false;
    patchFs("renameSync", (original) => (from: string, to: string) => {
      original(from, to);
      isBroken ||= to.endsWith("/pins.json");
    });
    patchFs("openSync", (original) => (path: string, flags: string, mode: number) => {
      if (isBroken && flags === "a") throw errno("EIO");
      return original(path, flags, mode);
    });
    const events: StoreEvent[] = [];
    const result = await pin(store, DEFAULT, { pinned: true }, { onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({ changed: true });
    expect(events).toContainEqual(expect.objectContaining({ kind: "warning" }));
    isBroken = false;
    await goBack(store);
    expect(logTypes(store, 3)).toEqual(["begin", "intent", "pin", "commit"]);
    expect([...readPins(store, DEFAULT).generations]).toEqual([2]);
    expect(brokenRules(store)).toEqual([]);
  });

  it("stands in a snapshot that its own transaction brings about", async () => {
    const { store } = await withTwo();
    for (let tx = 3; tx < 64; tx++) await pin(store, DEFAULT, { pinned: tx % 2 === 1 });
    await pin(store, DEFAULT, { pinned: false });
    await pin(store, DEFAULT, { pinned: true, selector: "1" });
    expect(logRecords(store).some(({ event }) => event.type === "snapshot")).toBe(true);
    expect(brokenRules(store)).toEqual([]);
  });
});
