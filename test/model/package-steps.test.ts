import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byName } from "../../src/model/change.ts";
import type { InstalledPackage } from "../../src/model/generation.ts";
import { invertSteps, stepsBetween, stepsOf, stepsToChange, takeSteps } from "../../src/model/package-steps.ts";

function installed(name: string, changes: Partial<Record<keyof InstalledPackage, unknown>> = {}): InstalledPackage {
  const { version = "1", content = "a" } = changes as { version?: string; content?: string };
  const path = `${content.repeat(32)}-${name}-${version}`;
  const base = { name, version, options: {}, path, priority: 5, requested: name, unknown: {} };
  const { content: _, ...others } = changes as Record<string, unknown>;
  return { ...base, ...others } as InstalledPackage;
}

const anyPackage = fc
  .record({
    name: fc.constantFrom("a", "b", "c", "d", "e"),
    version: fc.constantFrom("1", "2", "3"),
    content: fc.constantFrom("a", "b"),
    options: fc.constantFrom({}, { x11: true }, { x11: false }),
    priority: fc.constantFrom(4, 5),
    requested: fc.constantFrom("here", "there"),
    unknown: fc.constantFrom({}, { note: "kept" }),
  })
  .map(({ name, ...changes }) => installed(name, changes));
const anyPackages = fc.uniqueArray(anyPackage, { selector: ({ name }) => name }).map((items) => byName(items));

const namesOf = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name);

describe("steps", () => {
  it("lead from any packages to any others, and inverted back", () => {
    fc.assert(
      fc.property(anyPackages, anyPackages, (before, after) => {
        const steps = stepsBetween(before, after);
        expect(takeSteps(before, steps)).toEqual({ packages: after, conflicts: [], needless: [] });
        expect(takeSteps(after, invertSteps(steps))).toEqual({ packages: before, conflicts: [], needless: [] });
      }),
    );
  });

  it("are needless where they have been taken", () => {
    fc.assert(
      fc.property(anyPackages, anyPackages, (before, after) => {
        const steps = stepsBetween(before, after);
        expect(takeSteps(after, steps)).toEqual({ packages: after, conflicts: [], needless: steps });
      }),
    );
  });

  it("taken back from the middle keep what later steps did to other packages", () => {
    fc.assert(
      fc.property(anyPackages, anyPackages, anyPackages, (before, middle, last) => {
        const first = stepsBetween(before, middle);
        const touched = new Set(namesOf(first));
        const later = stepsBetween(middle, last).filter(({ name }) => !touched.has(name));
        const now = takeSteps(middle, later).packages;
        expect(takeSteps(now, invertSteps(first))).toEqual({
          packages: takeSteps(before, later).packages,
          conflicts: [],
          needless: [],
        });
      }),
    );
  });

  it("never touch another package, and change nothing where they conflict unless forced", () => {
    fc.assert(
      fc.property(anyPackages, anyPackages, anyPackages, (before, after, now) => {
        const steps = stepsBetween(before, after);
        const touched = new Set(namesOf(steps));
        const { packages, conflicts, needless } = takeSteps(now, steps);
        const still = new Set([...namesOf(conflicts), ...namesOf(needless)]);
        const rest = (items: readonly InstalledPackage[]) =>
          items.filter(({ name }) => !touched.has(name) || still.has(name));
        expect(rest(packages)).toEqual(rest(now));
        const forced = takeSteps(now, steps, { force: true });
        expect(forced.conflicts).toEqual([]);
        for (const { name, to } of conflicts) expect(forced.packages.find((item) => item.name === name)).toEqual(to);
      }),
    );
  });

  it("stand in the log and in journals, and are the same when they are read", () => {
    fc.assert(
      fc.property(anyPackages, anyPackages, (before, after) => {
        const steps = stepsBetween(before, after);
        const change = JSON.parse(JSON.stringify(stepsToChange(steps)));
        expect(stepsOf(change, "log")).toEqual(steps);
      }),
    );
  });

  it("of a record that is none are damage", () => {
    const change = { added: [{ name: "a", version: "1", path: "../../evil" }], removed: [], upgraded: [] };
    expect(() => stepsOf(change, "the log")).toThrow(/the log is damaged: path/);
  });
});

describe("a step in conflict", () => {
  const [one, two, three] = ["1", "2", "3"].map((version) => installed("mpfr", { version })) as [
    InstalledPackage,
    InstalledPackage,
    InstalledPackage,
  ];
  const back = invertSteps(stepsBetween([one], [two]));

  it.each([
    ["the package was upgraded again", [three], three],
    ["it was removed", [], undefined],
  ])("%s", (_, now, found) => {
    expect(takeSteps(now, back)).toEqual({ packages: now, conflicts: [{ ...back[0], found }], needless: [] });
  });

  it("an added package that is another one now does not go", () => {
    const steps = invertSteps(stepsBetween([], [one]));
    expect(namesOf(takeSteps([two], steps).conflicts)).toEqual(["mpfr"]);
    expect(namesOf(takeSteps([installed("mpfr", { priority: 1 })], steps).conflicts)).toEqual(["mpfr"]);
  });

  it("a removed package that came again as another one is not replaced", () => {
    const steps = invertSteps(stepsBetween([one], []));
    expect(namesOf(takeSteps([two], steps).conflicts)).toEqual(["mpfr"]);
  });
});

describe("what was changed since in another respect", () => {
  const [one, two] = ["1", "2"].map((version) => installed("mpfr", { version })) as [
    InstalledPackage,
    InstalledPackage,
  ];
  const back = invertSteps(stepsBetween([one], [two]));

  it("stays: a priority, and what it was asked for with", () => {
    const now = { ...two, priority: 3, requested: "mpfr@2" };
    expect(takeSteps([now], back).packages).toEqual([{ ...one, priority: 3, requested: "mpfr@2" }]);
  });

  it("stays: another object where only the priority is taken back", () => {
    const steps = invertSteps(stepsBetween([one], [{ ...one, priority: 1 }]));
    expect(takeSteps([{ ...two, priority: 1 }], steps).packages).toEqual([two]);
  });

  it("is in conflict when both changed the priority", () => {
    const steps = invertSteps(stepsBetween([one], [{ ...one, priority: 1 }]));
    expect(takeSteps([{ ...one, priority: 2 }], steps).conflicts).toHaveLength(1);
  });
});
