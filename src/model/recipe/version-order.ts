type Part = readonly [rank: number, text: string];

const TILDE = 0;
const PRERELEASE = 1;
const END = 2;
const WORD = 3;
const PLUS = 4;
const NUMBER = 5;

/** Words that announce a release, in the order of their ages; `a` and `b` only with a digit after them. */
const PRERELEASE_WORDS: Readonly<Record<string, string>> = {
  dev: "0",
  snapshot: "0",
  a: "1",
  alpha: "1",
  b: "2",
  beta: "2",
  pre: "3",
  preview: "3",
  rc: "4",
};

/**
 * Orders two versions: negative when `a` is older, positive when it is newer, 0 only for the same text.
 *
 * A version is read as numbers, words, `~` and `+`; everything else only separates. Numbers compare as numbers
 * (1.10 > 1.9) and are newer than `+`, that is newer than words (1.0a < 1.0+x < 1.0.1), and those are newer than the
 * end (1.0 < 1.0a). Older than the end are the words dev, alpha, beta, pre, rc (1.0rc1 < 1.0) and `~`, which precedes
 * everything as in Debian (1.0~~ < 1.0~ < 1.0~rc1 < 1.0rc1); after a `~` all words are plain ones. Versions that differ in leading zeros or separators only are
 * ordered by their bytes, so that the order is total.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = partsOf(a);
  const right = partsOf(b);
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const difference = compareParts(left[index] as Part, right[index] as Part);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : 1;
}

/** Whether the version says of itself that it precedes a release: `2.0rc1`, `3.13.0b2`, `1.0~git`. */
export function isPrerelease(version: string): boolean {
  return partsOf(version).some(([rank]) => rank === TILDE || rank === PRERELEASE);
}

function partsOf(version: string): Part[] {
  const parts: Part[] = [];
  for (const match of version.matchAll(/[0-9]+|[A-Za-z]+|~|\+/g)) {
    const [before, after] = [version[match.index - 1], version[match.index + match[0].length]];
    parts.push(partOf(match[0], before, after));
  }
  parts.push([END, ""]);
  return parts;
}

function partOf(text: string, before: string | undefined, after: string | undefined): Part {
  if (text === "~") return [TILDE, ""];
  if (text === "+") return [PLUS, ""];
  if (/[0-9]/.test(text)) return [NUMBER, text.replace(/^0+(?=.)/, "")];
  const word = text.toLowerCase();
  const isLone = word.length === 1 && !/[0-9]/.test(after ?? "");
  const isPlain = isLone || before === "~" || !Object.hasOwn(PRERELEASE_WORDS, word);
  const age = isPlain ? undefined : PRERELEASE_WORDS[word];
  return age === undefined ? [WORD, text] : [PRERELEASE, age];
}

function compareParts(a: Part, b: Part): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (a[0] === NUMBER && a[1].length !== b[1].length) return a[1].length - b[1].length;
  return a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
}
