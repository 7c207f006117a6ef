import { expect, it } from "vitest";
import { expendable } from "../../src/model/archive-retention.ts";
import type { BaseName } from "../../src/model/ids.ts";

const DAY = 86_400_000;
const archived = (letter: string, name: string, age: number) => ({
  path: `${letter.repeat(32)}-${name}` as BaseName,
  size: 1,
  packed: 100 * DAY - age * DAY,
});
const all = [
  archived("a", "zlib-1.1", 90),
  archived("b", "zlib-1.2", 60),
  archived("c", "zlib-1.3", 30),
  archived("d", "gmp-6.3.0", 99),
  archived("e", "libc++-2-rc1", 50),
];
const rules = { keepLast: 1, youngerThan: 40 * DAY, needed: new Set<BaseName>(), now: 100 * DAY };
const names = (found: readonly { path: string }[]) => found.map(({ path }) => path.slice(33)).sort();

it("keeps the last of each package, and what is young", () => {
  expect(names(expendable(all, rules))).toEqual(["zlib-1.1", "zlib-1.2"]);
  expect(names(expendable(all, { ...rules, keepLast: 2 }))).toEqual(["zlib-1.1"]);
  expect(names(expendable(all, { ...rules, keepLast: 0 }))).toEqual([
    "gmp-6.3.0",
    "libc++-2-rc1",
    "zlib-1.1",
    "zlib-1.2",
  ]);
  expect(names(expendable(all, { ...rules, keepLast: 0, youngerThan: 95 * DAY }))).toEqual(["gmp-6.3.0"]);
});

it("never gives up what is needed", () => {
  const needed = new Set(all.map(({ path }) => path));
  expect(expendable(all, { keepLast: 0, youngerThan: 0, needed, now: 1000 * DAY })).toEqual([]);
});
