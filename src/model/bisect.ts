import type { GenerationNumber } from "./ids.ts";

/** What a test says of a state. `skip`: it cannot be tested. */
export type Verdict = "good" | "bad" | "skip";

/** What to do next in a search. */
export type Probe =
  | { readonly kind: "test"; readonly index: number }
  /** The first bad one; the one before it is good. */
  | { readonly kind: "found"; readonly index: number }
  /** One of these is the first bad one; all but the last could not be tested. */
  | { readonly kind: "unsure"; readonly indexes: readonly number[] };

/**
 * The next step of a binary search for the first bad state in a row of them. The first verdict is good, the last is bad,
 * and what lies between the last good and the first bad one is looked at, nearest to the middle first.
 */
export function nextProbe(verdicts: readonly (Verdict | undefined)[]): Probe {
  const bad = verdicts.indexOf("bad");
  const good = verdicts.lastIndexOf("good", bad);
  if (bad - good === 1) return { kind: "found", index: bad };
  const between = Array.from({ length: bad - good - 1 }, (_, at) => good + 1 + at);
  const untested = between.filter((index) => verdicts[index] === undefined);
  const middle = (good + bad) / 2;
  const index = untested.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
  return index === undefined ? { kind: "unsure", indexes: [...between, bad] } : { kind: "test", index };
}

/** Steps that make a state bad. */
export interface Guilt<T> {
  /** A smallest set: with all of them the state is bad, and each was needed. */
  readonly guilty: readonly T[];
  /** Beside those, at least one of these, which could not be told apart. */
  readonly suspects: readonly T[];
}

/**
 * Finds out which steps make a state bad that is good without any and bad with all of them, provided that no further step
 * makes it good again. Yields the steps to be tested together and is given the verdict.
 */
export function* findGuilty<T>(steps: readonly T[]): Generator<readonly T[], Guilt<T>, Verdict> {
  let guilty: readonly T[] = [];
  let candidates = steps;
  for (;;) {
    const alone: Verdict = guilty.length === 0 ? "good" : candidates.length === 0 ? "bad" : yield guilty;
    if (alone === "bad") return { guilty, suspects: [] };
    const found = yield* findPrefix(guilty, candidates);
    const [first, last] = found;
    if (last - first > 1) return { guilty, suspects: candidates.slice(first, last) };
    guilty = [...guilty, candidates[first] as T];
    candidates = candidates.slice(0, first);
  }
}

/** The shortest row of candidates with which the state is bad: the step that completes it is one from `first` to `last`. */
function* findPrefix<T>(
  guilty: readonly T[],
  candidates: readonly T[],
): Generator<readonly T[], readonly [first: number, last: number], Verdict> {
  const verdicts: (Verdict | undefined)[] = Array.from({ length: candidates.length + 1 });
  verdicts[0] = "good";
  verdicts[candidates.length] = "bad";
  for (;;) {
    const probe = nextProbe(verdicts);
    if (probe.kind === "found") return [probe.index - 1, probe.index];
    if (probe.kind === "unsure") return [(probe.indexes[0] as number) - 1, probe.indexes.at(-1) as number];
    verdicts[probe.index] = yield [...guilty, ...candidates.slice(0, probe.index)];
  }
}

/** How a bad generation came from a good one. */
export type Descent =
  /** From good to bad, each made from the one before; where records are gone, `gap` is the first behind them. */
  | { readonly kind: "line"; readonly line: readonly GenerationNumber[]; readonly gap?: GenerationNumber | undefined }
  /** Both come from `line[0]`, which is on neither side known to be good: it has to be tested. */
  | { readonly kind: "branch"; readonly line: readonly GenerationNumber[] }
  /** The good one was made from the bad one. */
  | { readonly kind: "reversed" };

/** `parentOf` gives `undefined` for generation 0 and for one whose record is gone. */
export function descentOf(
  good: GenerationNumber,
  bad: GenerationNumber,
  parentOf: (generation: GenerationNumber) => GenerationNumber | undefined,
): Descent {
  const [ancestors, others] = [bad, good].map((each) => ancestorsOf(each, parentOf)) as [
    readonly GenerationNumber[],
    readonly GenerationNumber[],
  ];
  const base = ancestors.find((each) => others.includes(each));
  if (base === bad) return { kind: "reversed" };
  if (base === undefined) return { kind: "line", line: [good, ...ancestors.toReversed()], gap: ancestors.at(-1) };
  const line = ancestors.slice(0, ancestors.indexOf(base) + 1).toReversed();
  return base === good ? { kind: "line", line } : { kind: "branch", line };
}

/** The generation itself first. */
function ancestorsOf(
  generation: GenerationNumber,
  parentOf: (generation: GenerationNumber) => GenerationNumber | undefined,
): readonly GenerationNumber[] {
  const found: GenerationNumber[] = [];
  for (let each: GenerationNumber | undefined = generation; each !== undefined; each = parentOf(each)) found.push(each);
  return found;
}
