import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { descentOf, findGuilty, type Guilt, nextProbe, type Verdict } from "../../src/model/bisect.ts";
import { type GenerationNumber, parseGenerationNumber } from "../../src/model/ids.ts";

/** Searches a row of `length` states for the first bad one; the states of `skipped` cannot be tested. */
function search(length: number, firstBad: number, skipped: ReadonlySet<number> = new Set()) {
  const verdicts: (Verdict | undefined)[] = Array.from({ length });
  verdicts[0] = "good";
  verdicts[length - 1] = "bad";
  for (let tests = 0; ; tests += 1) {
    const probe = nextProbe(verdicts);
    if (probe.kind !== "test") return { probe, tests };
    expect(verdicts[probe.index]).toBeUndefined();
    verdicts[probe.index] = skipped.has(probe.index) ? "skip" : probe.index < firstBad ? "good" : "bad";
  }
}

const anyRow = fc
  .integer({ min: 2, max: 200 })
  .chain((length) => fc.tuple(fc.constant(length), fc.integer({ min: 1, max: length - 1 })));

describe("nextProbe", () => {
  it("finds the first bad state in as many tests as a binary search", () => {
    fc.assert(
      fc.property(anyRow, ([length, firstBad]) => {
        const { probe, tests } = search(length, firstBad);
        expect(probe).toEqual({ kind: "found", index: firstBad });
        expect(tests).toBeLessThanOrEqual(Math.ceil(Math.log2(length)) + 1);
      }),
    );
  });

  it("goes round what cannot be tested, and otherwise names all that it can be", () => {
    fc.assert(
      fc.property(anyRow, fc.uniqueArray(fc.nat(199)), ([length, firstBad], skip) => {
        const skipped = new Set(skip.filter((index) => index > 0 && index < length - 1));
        const { probe } = search(length, firstBad, skipped);
        if (probe.kind === "found") expect(probe.index).toBe(firstBad);
        else if (probe.kind === "unsure") {
          expect(probe.indexes).toContain(firstBad);
          expect(probe.indexes.slice(0, -1).every((index) => skipped.has(index))).toBe(true);
        }
      }),
    );
  });
});

function findWith<T>(steps: readonly T[], judge: (chosen: readonly T[]) => Verdict): Guilt<T> & { tests: number } {
  const search = findGuilty(steps);
  let tests = 0;
  for (let next = search.next(); ; tests += 1) {
    if (next.done) return { ...next.value, tests };
    next = search.next(judge(next.value));
  }
}

const anySteps = fc
  .integer({ min: 1, max: 60 })
  .chain((count) =>
    fc.tuple(
      fc.constant(Array.from({ length: count }, (_, at) => at)),
      fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 3 }),
    ),
  );

describe("findGuilty", () => {
  it("finds the only steps that make it bad, also when it takes several", () => {
    fc.assert(
      fc.property(anySteps, ([steps, culprits]) => {
        const judge = (chosen: readonly number[]) => (culprits.every((each) => chosen.includes(each)) ? "bad" : "good");
        const { guilty, suspects, tests } = findWith(steps, judge);
        expect([...guilty].sort((a, b) => a - b)).toEqual([...culprits].sort((a, b) => a - b));
        expect(suspects).toEqual([]);
        expect(tests).toBeLessThanOrEqual(culprits.length * (Math.ceil(Math.log2(steps.length)) + 2));
      }),
    );
  });

  it("finds a smallest set when there are several", () => {
    fc.assert(
      fc.property(anySteps, anySteps, ([steps, one], [, other]) => {
        const sets = [one, other.filter((each) => each < steps.length)].filter((set) => set.length > 0);
        const isBad = (chosen: readonly number[]) => sets.some((set) => set.every((each) => chosen.includes(each)));
        const { guilty } = findWith(steps, (chosen) => (isBad(chosen) ? "bad" : "good"));
        expect(isBad(guilty)).toBe(true);
        for (const each of guilty) expect(isBad(guilty.filter((item) => item !== each))).toBe(false);
      }),
    );
  });

  it("names suspects where nothing can be tested", () => {
    const found = findWith(["a", "b", "c"], () => "skip");
    expect(found).toEqual({ guilty: [], suspects: ["a", "b", "c"], tests: 2 });
  });
});

const gen = parseGenerationNumber;

/** Generations by number with their parents; what is not there is gone. */
function parents(table: Readonly<Record<number, number>>) {
  return (number: GenerationNumber) => (table[number] === undefined ? undefined : gen(table[number]));
}

describe("descentOf", () => {
  const history = parents({ 1: 0, 2: 1, 3: 2, 4: 2, 5: 4, 6: 3 });

  it("is the line of parents, not of numbers", () => {
    expect(descentOf(gen(1), gen(5), history)).toEqual({ kind: "line", line: [1, 2, 4, 5] });
  });

  it("begins where two branches part", () => {
    expect(descentOf(gen(3), gen(5), history)).toEqual({ kind: "branch", line: [2, 4, 5] });
  });

  it("is told when it is the other way round", () => {
    expect(descentOf(gen(6), gen(2), history)).toEqual({ kind: "reversed" });
    expect(descentOf(gen(2), gen(2), history)).toEqual({ kind: "reversed" });
  });

  it("leaps over generations whose records are gone", () => {
    const torn = parents({ 1: 0, 4: 3, 5: 4 });
    expect(descentOf(gen(1), gen(5), torn)).toEqual({ kind: "line", line: [1, 3, 4, 5], gap: 3 });
  });
});
