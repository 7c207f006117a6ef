import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeTree } from "../../src/system/remove-tree.ts";
import { keepWorld } from "../helpers/kept-world.ts";

const withTwo = keepWorld((world) => {
  world.done("install", world.source("a-1", { "bin/a": "" }), world.source("b-1", { "bin/b": "" }));
  world.done("remove", "a");
});

const NOTHING_LOST = { obtained: [], leftOut: [] };

test("changes to an earlier state always tell what was had again and left out", () => {
  const world = withTwo();
  for (const args of [["plan", "1"], ["undo", "2"], ["redo", "2"], ["switch", "1"], ["revert", "2"], ["rollback"]])
    expect(world.done(...args, "--json").json()).toMatchObject({ ...NOTHING_LOST, phases: {} });
  const { transaction } = world.done("pin", "1", "--json").json<{ transaction: number }>();
  expect(world.done("undo", `${transaction}`, "--json").json()).toMatchObject({
    ...NOTHING_LOST,
    mark: {},
    phases: {},
  });
});

test("a dry run always tells what would be downloaded and built", () => {
  const world = withTwo();
  const { transaction } = world.done("pin", "1", "--json").json<{ transaction: number }>();
  for (const args of [
    ["plan", "1"],
    ["switch", "1", "--dry-run"],
    ["revert", "1", "--dry-run"],
    ["rollback", "--dry-run"],
    ["undo", "2", "--dry-run"],
    ["undo", `${transaction}`, "--dry-run"],
    ["remove", "b", "--dry-run"],
  ])
    expect(world.done(...args, "--json").json()).toMatchObject({ changed: false, fetch: [], build: [] });
});

test("what is left out and had again has its whole path", () => {
  const world = withTwo();
  const [{ path, requested }] = world.done("list", "1", "--json").json<[{ path: string; requested: string }]>();
  removeTree(path);
  expect(world.done("switch", "1", "--json").json()).toMatchObject({
    obtained: [{ path, from: "source", where: requested }],
    leftOut: [],
  });
  world.done("switch", "2");
  removeTree(path);
  rmSync(requested, { recursive: true });
  expect(world.run(["switch", "1", "--missing=remove", "--json"]).json()).toMatchObject({
    obtained: [],
    leftOut: [{ name: "a", path }],
  });
});

test("a packed object is told with its whole path and the time in UTC", () => {
  const world = withTwo();
  const [{ path }] = world.done("list", "--json").json<[{ path: string }]>();
  expect(world.done("archive", "add", "b", "--json").json()).toEqual([{ path, size: expect.any(Number) }]);
  expect(world.done("archive", "add", "b", "--json").json()).toEqual([{ path, size: null }]);
  expect(world.done("archive", "ls", "--json").json()).toMatchObject([
    { path, packed: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), needed: true },
  ]);
  expect(world.done("archive", "export", "b", "-o", "b.tar.gz", "--json").json()).toMatchObject([
    { path, file: join(world.directory, "b.tar.gz") },
  ]);
});

test("blame has a recipe of every package, or null", () => {
  expect(withTwo().done("blame", "b", "--json").json()).toMatchObject({ packages: [{ name: "b", recipe: null }] });
});
