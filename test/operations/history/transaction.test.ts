import { unlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { beginTransaction } from "../../../src/operations/history/transaction.ts";
import { generationFile, profileFile } from "../../../src/store/layout.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  installFrom,
  liveFiles,
  liveNumber,
  logRecords,
  logTypes,
  makeProfileWorld,
} from "../../helpers/profile-worlds.ts";

async function withTwo() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, ...["a-1", "b-1"].map((name) => world.source(name, { [name]: "" })));
  const input = (name: string) => ({ from: world.source(name, { [name]: "" }), cwd: "/" });
  return { world, store, input };
}

const namesOf = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name);

describe("a transaction", () => {
  it("is one generation, and tells what it did", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1")).add(input("a-2")).remove("b");
    const change = await transaction.commit();
    expect(change).toMatchObject({ from: 1, to: 2, changed: true });
    expect(liveFiles(store)).toEqual({ "a-2": "", "c-1": "" });
    expect(namesOf(transaction.previouslyInstalled)).toEqual(["a", "b"]);
    expect(namesOf(transaction.newlyInstalled)).toEqual(["c"]);
    expect(transaction.upgraded).toMatchObject([{ name: "a", from: { version: "1" }, to: { version: "2" } }]);
    expect(namesOf(transaction.removed)).toEqual(["b"]);
    expect(transaction.changedPackages).toEqual(["a", "b", "c"]);
    expect(transaction.change).toEqual(change);
    expect(logRecords(store).at(-4)?.event).toMatchObject({ plan: { install: [{}, {}], remove: ["b"] } });
    expect(brokenRules(store)).toEqual([]);
  });

  it("tells nothing and cannot be taken back before it is committed", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1"));
    const { previouslyInstalled, newlyInstalled, upgraded, removed, changedPackages, change } = transaction;
    expect([previouslyInstalled, newlyInstalled, upgraded, removed, changedPackages]).toEqual([[], [], [], [], []]);
    expect(change).toBeUndefined();
    expect(transaction.canRollback()).toEqual({ possible: false, reasons: ["the transaction is not committed"] });
    expect(await caughtAsync(transaction.rollback())).toMatchObject({ code: "UNSAFE" });
  });

  it("resolves to what it would do, and changes nothing", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1")).add(input("a-2")).remove("b");
    const before = logRecords(store).length;
    expect(await transaction.resolve()).toMatchObject({
      ...{ transaction: 0, changed: false, from: 1, to: 1, fetch: [], build: [] },
      added: [{ name: "c" }],
      removed: [{ name: "b" }],
      upgraded: [{ name: "a", from: { version: "1" }, to: { version: "2" } }],
    });
    expect([liveNumber(store), logRecords(store).length, transaction.changedPackages]).toEqual([1, before, []]);
    await transaction.commit();
    expect(await caughtAsync(transaction.resolve())).toMatchObject({ code: "USAGE" });
  });

  it("resolves to an error where it could not be committed", async () => {
    const { world, store } = await withTwo();
    const removal = beginTransaction(store, DEFAULT).remove("z");
    expect(await caughtAsync(removal.resolve())).toMatchObject({ code: "NOT_FOUND" });
    const missing = beginTransaction(store, DEFAULT).add({ from: `${world.directory}/nowhere-1`, cwd: "/" });
    expect(await caughtAsync(missing.resolve())).toMatchObject({ code: "NOT_FOUND" });
    const none = beginTransaction(store, DEFAULT);
    expect(await none.resolve()).toMatchObject({ added: [], removed: [], upgraded: [] });
  });

  it("is committed once", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1"));
    await transaction.commit();
    expect(await caughtAsync(transaction.commit())).toMatchObject({ code: "USAGE" });
    expect(liveNumber(store)).toBe(2);
  });

  it("is committed once also when that is asked for twice at once, and takes nothing more meanwhile", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1")).remove("a");
    const [first, second] = await Promise.allSettled([
      transaction.commit(),
      transaction.commit(),
      Promise.resolve().then(() => expect(() => transaction.add(input("d-1"))).toThrow("is being committed")),
    ]);
    expect(first).toMatchObject({ status: "fulfilled", value: { from: 1, to: 2 } });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "USAGE" } });
    expect(transaction.change).toMatchObject({ from: 1, to: 2 });
    expect(liveNumber(store)).toBe(2);
    expect(() => transaction.remove("b")).toThrow("is committed already");
  });

  it("refuses to remove what it has added before, and replaces what it has removed before", async () => {
    const { store, input } = await withTwo();
    const both = beginTransaction(store, DEFAULT).add(input("a-2")).remove("a");
    for (const ask of [both.resolve, both.commit])
      expect(await caughtAsync(ask())).toMatchObject({ code: "INVALID_INPUT", details: { name: "a" } });
    expect(liveNumber(store)).toBe(1);
    const change = await beginTransaction(store, DEFAULT).remove("a").add(input("a-2")).commit();
    expect(change).toMatchObject({ upgraded: [{ name: "a", to: { version: "2" } }], removed: [] });
  });

  it("changes nothing when one part fails, and can be committed again", async () => {
    const { world, store, input } = await withTwo();
    const late = `${world.directory}/sources/d-1`;
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1")).add({ from: late, cwd: "/" }).remove("a");
    expect(await caughtAsync(transaction.commit())).toMatchObject({ code: "NOT_FOUND" });
    expect([liveNumber(store), transaction.changedPackages]).toEqual([1, []]);
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
    world.source("d-1", { d: "" });
    await transaction.commit();
    expect(transaction.changedPackages).toEqual(["a", "c", "d"]);
  });

  it("refuses to remove what is not installed", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1")).remove("z");
    expect(await caughtAsync(transaction.commit())).toMatchObject({ code: "NOT_FOUND", details: { missing: ["z"] } });
    expect(liveNumber(store)).toBe(1);
  });

  it("gives each package its own priority", async () => {
    const { world, store } = await withTwo();
    const [x, y] = ["x", "y"].map((name) => ({ from: world.source(`${name}-1`, { f: name }), cwd: "/" })) as [
      { from: string; cwd: string },
      { from: string; cwd: string },
    ];
    await beginTransaction(store, DEFAULT).add(x).add(y, { priority: 3 }).commit();
    expect(liveFiles(store)).toMatchObject({ f: "y" });
  });

  it("works in a profile that is not there yet", async () => {
    const { store, input } = await withTwo();
    const profile = "new" as typeof DEFAULT;
    const transaction = beginTransaction(store, profile).add(input("c-1"));
    expect(await transaction.commit()).toMatchObject({ from: 0, to: 1 });
    expect(liveFiles(store, profile)).toEqual({ "c-1": "" });
  });

  it("without effect makes no generation and cannot be taken back", async () => {
    const { store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("a-1"));
    expect(await transaction.commit()).toMatchObject({ changed: false, to: 1 });
    expect(namesOf(transaction.previouslyInstalled)).toEqual(["a", "b"]);
    expect(transaction.canRollback()).toEqual({ possible: false, reasons: ["the transaction changed nothing"] });
  });
});

describe("taking a transaction back", () => {
  async function committed() {
    const { world, store, input } = await withTwo();
    const transaction = beginTransaction(store, DEFAULT).add(input("c-1")).remove("b");
    await transaction.commit();
    return { world, store, input, transaction };
  }

  it("makes the generation before it live", async () => {
    const { store, transaction } = await committed();
    expect(transaction.canRollback()).toEqual({ possible: true, reasons: [] });
    expect(await transaction.rollback()).toMatchObject({ from: 2, to: 1, changed: true });
    expect(liveFiles(store)).toEqual({ "a-1": "", "b-1": "" });
    expect(transaction.canRollback().possible).toBe(false);
  });

  it("is refused once another generation is live", async () => {
    const { store, input, transaction } = await committed();
    await installFrom(store, input("d-1"));
    expect(transaction.canRollback().reasons).toEqual(["gen-3 is live, not gen-2 that the transaction made"]);
    expect(await caughtAsync(transaction.rollback())).toMatchObject({
      code: "UNSAFE",
      message: expect.stringContaining("gen-3 is live"),
    });
    expect(liveNumber(store)).toBe(3);
  });

  it("is refused with every reason", async () => {
    const { store, input, transaction } = await committed();
    await installFrom(store, input("d-1"));
    unlinkSync(generationFile(store.layout, DEFAULT, generation(1)));
    expect(transaction.canRollback().reasons).toEqual([
      "gen-3 is live, not gen-2 that the transaction made",
      "profile 'default' has no generation gen-1",
    ]);
  });

  it("is refused, not impossible to ask for, when the profile is damaged", async () => {
    const { store, transaction } = await committed();
    unlinkSync(profileFile(store.layout, DEFAULT));
    expect(transaction.canRollback()).toMatchObject({
      possible: false,
      reasons: [expect.stringContaining("profile.json")],
    });
  });
});
