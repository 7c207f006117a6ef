import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExpectedBuild, estimateEnds } from "../../src/model/estimate-builds.ts";

/** Builds that need some of those before them; whole seconds, so that sums are exact. */
const anyBuilds = fc
  .array(fc.record({ seconds: fc.nat(1000), back: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((items) =>
    items.map(({ seconds, back }, at): ExpectedBuild => {
      const needs = back.flatMap((step) => (step <= at ? [`p${at - step}`] : []));
      return { id: `p${at}`, seconds, needs };
    }),
  );

function total(builds: readonly ExpectedBuild[], jobs: number): number {
  return Math.max(...estimateEnds(builds, jobs).values());
}

function longestChain(builds: readonly ExpectedBuild[]): number {
  const ends = new Map<string, number>();
  for (const { id, seconds, needs } of builds)
    ends.set(id, seconds + Math.max(0, ...needs.map((each) => ends.get(each) as number)));
  return Math.max(...ends.values());
}

function sum(builds: readonly ExpectedBuild[]): number {
  return builds.reduce((all, { seconds }) => all + seconds, 0);
}

describe("estimateEnds", () => {
  it("lets builds that need nothing of each other run at once, as far as there are jobs", () => {
    const builds = ["a", "b", "c"].map((id) => ({ id, seconds: 10, needs: [] }));
    expect(total(builds, 3)).toBe(10);
    expect(total(builds, 2)).toBe(20);
    expect(total(builds, 1)).toBe(30);
  });

  it("lets a build wait for what it needs, and not for what is there", () => {
    const builds = [
      { id: "a", seconds: 5, needs: ["there"] },
      { id: "b", seconds: 7, needs: ["a"] },
    ];
    expect([...estimateEnds(builds, 8)]).toEqual([
      ["a", 5],
      ["b", 12],
    ]);
    expect(estimateEnds([], 2).size).toBe(0);
  });

  it("is never below the longest chain or the work of all jobs, and never far above", () => {
    fc.assert(
      fc.property(anyBuilds, fc.integer({ min: 1, max: 8 }), (builds, jobs) => {
        const least = Math.max(longestChain(builds), sum(builds) / jobs);
        expect(total(builds, jobs)).toBeGreaterThanOrEqual(least);
        // Graham's bound: no job is idle but while a chain is worked off.
        expect(total(builds, jobs)).toBeLessThanOrEqual(longestChain(builds) + sum(builds) / jobs);
        expect(estimateEnds(builds, jobs).size).toBe(builds.length);
      }),
    );
  });

  it("is the sum with one job, and the longest chain with a job for each", () => {
    fc.assert(
      fc.property(anyBuilds, (builds) => {
        expect(total(builds, 1)).toBe(sum(builds));
        expect(total(builds, builds.length)).toBe(longestChain(builds));
      }),
    );
  });
});
