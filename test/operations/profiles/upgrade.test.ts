import { execFileSync } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { upgrade } from "../../../src/operations/profiles/upgrade.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  installFrom,
  installWith,
  liveFiles,
  liveNumber,
  logTypes,
  makeProfileWorld,
} from "../../helpers/profile-worlds.ts";
import { PROGRAM } from "../../helpers/run-store.ts";

function upgradeNames(store: Store, names: readonly string[] = [], onEvent?: (event: StoreEvent) => void) {
  return upgrade(store, { profile: DEFAULT, names, input: { cwd: "/" } }, { onEvent });
}

describe("upgrade", () => {
  it("looks again where packages came from, and replaces those that changed", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b] = ["a", "b"].map((name) => world.source(`${name}-1`, { [name]: "old" })) as [string, string];
    await installFrom(store, a, b);
    world.tree({ a: "new" }, a);
    const change = await upgradeNames(store);
    expect(change).toMatchObject({ from: 1, to: 2, changed: true, added: [], removed: [] });
    expect(change.upgraded.map(({ name }) => name)).toEqual(["a"]);
    expect(liveFiles(store)).toEqual({ a: "new", b: "old" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("makes no generation when nothing changed", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    expect(await upgradeNames(store)).toMatchObject({ from: 1, to: 1, changed: false });
    expect(logTypes(store, 2)).toEqual(["begin", "commit"]);
  });

  it("upgrades the named packages only, and keeps priorities", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b] = ["a", "b"].map((name) => world.source(`${name}-1`, { [name]: "old", both: name })) as [
      string,
      string,
    ];
    await installFrom(store, a);
    await installWith(store, { priority: 4 }, b);
    for (const [path, name] of [[a, "a"] as const, [b, "b"] as const])
      world.tree({ [name]: "new", both: `${name}!` }, path);
    await upgradeNames(store, ["b"]);
    expect(liveFiles(store)).toEqual({ a: "old", b: "new", both: "b!" });
  });

  it("keeps a version and a name that were given", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const from = world.source("checkout", { a: "old" });
    await installFrom(store, { from, name: "tool", version: "7.1" });
    expect(await upgradeNames(store)).toMatchObject({ changed: false });
    world.tree({ a: "new" }, from);
    const { upgraded } = await upgradeNames(store);
    expect(upgraded).toMatchObject([{ name: "tool", from: { version: "7.1" }, to: { version: "7.1" } }]);
  });

  it("leaves alone what was asked for as one object, and says so when it is named", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const { added } = await installFrom(store, world.source("a-1", { a: "" }));
    await installFrom(store, String(added[0]?.path));
    const events: StoreEvent[] = [];
    expect(await upgradeNames(store, ["a"], (event) => events.push(event))).toMatchObject({ changed: false });
    expect(events).toContainEqual(expect.objectContaining({ kind: "warning", message: expect.stringContaining("a ") }));
  });

  it("changes nothing when one of the packages cannot be had again", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const a = world.source("a-1", { a: "old" });
    const archive = world.source("b-1", { b: "" });
    await installFrom(store, a, archive);
    world.tree({ a: "new" }, a);
    execFileSync("mkfifo", [join(archive, "pipe")]);
    expect(await caughtAsync(upgradeNames(store))).toMatchObject({ code: "INVALID_INPUT" });
    expect([liveNumber(store), liveFiles(store)]).toEqual([1, { a: "old", b: "" }]);
    expect(logTypes(store, 2)).toEqual(["begin", "abort"]);
  });

  it("leaves alone what others removed or replaced while it looked", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b, c] = ["a", "b", "c"].map((name) => world.source(`${name}-1`, { [name]: "old" })) as [
      string,
      string,
      string,
    ];
    await installFrom(store, a, b, c);
    for (const [name, path] of Object.entries({ a, b, c })) world.tree({ [name]: "new" }, path);
    const others = [
      ["install", world.source("a-9", { a: "another" })],
      ["remove", "b"],
    ];
    const change = await upgradeNames(store, [], () => {
      for (const words of others.splice(0))
        execFileSync(process.execPath, [PROGRAM, "--root", world.root, "--quiet", ...words]);
    });
    expect(change).toMatchObject({ from: 3, to: 4, removed: [] });
    expect(change.upgraded.map(({ name }) => name)).toEqual(["c"]);
    expect(liveFiles(store)).toEqual({ a: "another", c: "new" });
    expect(brokenRules(store)).toEqual([]);
  });

  it("leaves what came from a directory that is gone, says so, and upgrades the others; by name it is an error", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const [a, b] = ["a", "b"].map((name) => world.source(`${name}-1`, { [name]: "old" })) as [string, string];
    await installFrom(store, a, b);
    world.tree({ a: "new" }, a);
    renameSync(b, `${b}-gone`);
    const warnings: string[] = [];
    const change = await upgradeNames(store, [], (event) => event.kind === "warning" && warnings.push(event.message));
    expect(change.upgraded.map(({ name }) => name)).toEqual(["a"]);
    expect(liveFiles(store)).toEqual({ a: "new", b: "old" });
    expect(warnings).toEqual(["not looked at, since what they were installed from is gone: b"]);
    expect(await caughtAsync(upgradeNames(store, ["b"]))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses names that are not installed", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    expect(await caughtAsync(upgradeNames(store, ["b"]))).toMatchObject({ code: "NOT_FOUND" });
  });
});
