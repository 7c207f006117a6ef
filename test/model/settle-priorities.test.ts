import { expect, test } from "vitest";
import type { InstalledPackage } from "../../src/model/generation.ts";
import type { BaseName } from "../../src/model/ids.ts";
import { winningPriorities } from "../../src/model/settle-priorities.ts";

const prioritiesFor = (priorities: Readonly<Record<string, number>>, ...winners: readonly string[]) => {
  const packages = Object.entries(priorities).map(
    ([name, priority]) => ({ name, path: name, priority }) as unknown as InstalledPackage,
  );
  const ways = winningPriorities(packages, new Set(winners as BaseName[]));
  return ways.map((way) => Object.fromEntries(way.map(({ name, priority }) => [name, priority])));
};

test("winners get the lowest priority, when there is a lower one", () => {
  expect(prioritiesFor({ a: 5, b: 3, c: 5 }, "a")[0]).toEqual({ a: 2, b: 3, c: 5 });
});

test("where 0 is taken those that have it make room, or else all others in their order", () => {
  expect(prioritiesFor({ a: 5, b: 0, c: 1 }, "a")).toEqual([
    { a: 0, b: 1, c: 1 },
    { a: 0, b: 1, c: 2 },
  ]);
});

test("winners keep their own order", () => {
  expect(prioritiesFor({ a: 5, b: 7, c: 0 }, "a", "b").at(-1)).toEqual({ a: 0, b: 2, c: 3 });
});
