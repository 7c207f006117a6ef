import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTemporaryDirectory, sweepSources } from "../../src/sources/temporary-sources.ts";
import { fetchWorld } from "../helpers/fetch-world.ts";

test("a sweep removes old temporary names and parts, and nothing else", () => {
  using world = fetchWorld();
  const hours = (age: number) => new Date(world.context.now().getTime() - age * 3_600_000);
  const files: Readonly<Record<string, number>> = {
    "sha256/ab/abc": 9999,
    "sha256/ab/abc.tmp-1": 2,
    "urls/00/x.json": 9999,
    "urls/00/x.json.tmp-0": 0.5,
    "partial/.tmp-0123456789abcdef": 2,
    "partial/p": 24 * 29,
    "partial/q": 24 * 31,
    "partial/q.json": 24 * 31,
    "locks/0ab": 9999,
    "git/trees/00/1/name.tmp-0": 9999,
  };
  for (const [path, age] of Object.entries(files)) {
    mkdirSync(join(world.path, path, ".."), { recursive: true });
    writeFileSync(join(world.path, path), "");
    utimesSync(join(world.path, path), hours(age), hours(age));
  }
  const gone = ["partial/.tmp-0123456789abcdef", "partial/q", "partial/q.json", "sha256/ab/abc.tmp-1"];
  expect(sweepSources(world.context)).toEqual(gone.map((path) => join(world.path, path)));
  for (const path of Object.keys(files)) expect(existsSync(join(world.path, path)), path).toBe(!gone.includes(path));
  expect(sweepSources(world.context)).toEqual([]);
});

test("a temporary directory in use stays, one whose process is gone goes with the next", () => {
  using world = fetchWorld();
  const dead = join(world.path, "tmp", "0123456789abcdef");
  mkdirSync(join(dead, "inside"), { recursive: true });
  writeFileSync(`${dead}.lock`, "");
  using one = makeTemporaryDirectory(world.context, "one");
  expect(existsSync(dead)).toBe(false);
  using two = makeTemporaryDirectory(world.context, "two");
  sweepSources(world.context);
  expect([one.path, two.path].map((path) => existsSync(path))).toEqual([true, true]);
  expect(readdirSync(join(world.path, "tmp"))).toHaveLength(4);
});
