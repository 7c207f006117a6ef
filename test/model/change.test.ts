import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byName, diffPackages, isSamePackages, listed, summarise } from "../../src/model/change.ts";
import type { InstalledPackage } from "../../src/model/generation.ts";

function installed(name: string, changes: Partial<Record<keyof InstalledPackage, unknown>> = {}): InstalledPackage {
  const path = `${"a".repeat(32)}-${name}-1`;
  const base = { name, version: "1", options: {}, path, priority: 5, requested: name, unknown: {} };
  return { ...base, ...changes } as InstalledPackage;
}

const anyPackages = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom("a", "b", "c", "d"),
      version: fc.constantFrom("1", "2"),
      path: fc.constantFrom("p", "q"),
    }),
    { selector: ({ name }) => name },
  )
  .map((items) => items.map((item) => installed(item.name, item)));

describe("diffPackages", () => {
  it("tells what was added, removed and upgraded, each sorted by name", () => {
    const before = [installed("z"), installed("m"), installed("a")];
    const after = [installed("n"), installed("a"), installed("m", { version: "2", path: "other" }), installed("b")];
    const difference = diffPackages(before, after);
    expect(difference.added.map(({ name }) => name)).toEqual(["b", "n"]);
    expect(difference.removed).toEqual([summarise(installed("z"))]);
    expect(difference.upgraded).toEqual([
      { name: "m", from: summarise(installed("m")), to: summarise(after[2] as InstalledPackage) },
    ]);
  });

  it("sees other content and other options as an upgrade, another priority or order of options not", () => {
    const upgraded = (from: object, to: object) => diffPackages([installed("a", from)], [installed("a", to)]).upgraded;
    expect(upgraded({}, { path: "other" })).toHaveLength(1);
    expect(upgraded({ options: { x: true } }, { options: { x: false } })).toHaveLength(1);
    expect(upgraded({}, { priority: 1, requested: "a@1" })).toEqual([]);
    expect(upgraded({ options: { x: true, y: "1" } }, { options: { y: "1", x: true } })).toEqual([]);
  });

  it("tells of another priority, and of the same object that was asked for in another way", () => {
    const adjusted = (from: object, to: object) => diffPackages([installed("a", from)], [installed("a", to)]).adjusted;
    expect(adjusted({}, { priority: 1 })).toEqual([
      { name: "a", from: listed(installed("a")), to: { ...listed(installed("a")), priority: 1 } },
    ]);
    expect(adjusted({}, { requested: "a@1" })?.[0]?.to.requested).toBe("a@1");
    expect(adjusted({}, { version: "2", path: "other", priority: 1 })).toHaveLength(1);
    expect(adjusted({}, { version: "2", path: "other", requested: "a@2" })).toBeUndefined();
    expect(diffPackages([], [installed("a", { priority: 1 })])).not.toHaveProperty("adjusted");
  });

  it("of two sets turned round is the inverse", () => {
    fc.assert(
      fc.property(anyPackages, anyPackages, (before, after) => {
        const [there, back] = [diffPackages(before, after), diffPackages(after, before)];
        expect(there.added).toEqual(back.removed);
        expect(there.upgraded.map(({ from, to }) => [from, to])).toEqual(
          back.upgraded.map(({ from, to }) => [to, from]),
        );
        expect(diffPackages(after, after)).toEqual({ added: [], removed: [], upgraded: [] });
      }),
    );
  });
});

describe("isSamePackages", () => {
  it("looks at objects, priorities and what was asked for, in any order", () => {
    const [a, b] = [installed("a"), installed("b")];
    expect(isSamePackages([a, b], [b, a])).toBe(true);
    expect(isSamePackages([a], [a, b])).toBe(false);
    for (const change of [{ path: "other" }, { priority: 1 }, { requested: "a@2" }]) {
      expect(isSamePackages([a], [installed("a", change)])).toBe(false);
    }
  });
});

describe("byName", () => {
  it("sorts a copy", () => {
    const items = [installed("b"), installed("B"), installed("a")];
    expect(byName(items).map(({ name }) => name)).toEqual(["B", "a", "b"]);
    expect(items[0]?.name).toBe("b");
  });
});
