import { StoreError } from "../errors.ts";
import { type Generation, type InstalledPackage, parseGeneration, parseInstalledPackage } from "./generation.ts";
import { parseJsonObject } from "./json-object.ts";

/** The record of a generation, as it was read: UTF-8. */
export interface RecordBytes {
  readonly bytes: Buffer;
  /** Names it in messages. */
  readonly source: string;
}

/** Two generations without the packages that stand in both records in the same words. */
export interface GenerationDifference {
  readonly before: Generation;
  readonly after: readonly InstalledPackage[];
}

/**
 * How two records differ, where both are laid out as `printGeneration` does it: of most of a thousand packages the bytes
 * are compared and not parsed. `undefined` when one of them is laid out in another way, or cannot be read: who parses it
 * as a whole is told why.
 */
export function generationDifference(before: RecordBytes, after: RecordBytes): GenerationDifference | undefined {
  return unlessRefused(() => difference(before, after));
}

/** What a record says beside its packages, which are most of it; `undefined` as with `generationDifference`. */
export function generationHead({ bytes, source }: RecordBytes): GenerationHead | undefined {
  const found = findPackages(bytes);
  return found && unlessRefused(() => parseGeneration(found.others, source));
}

/** All of a generation but its packages. */
export type GenerationHead = Omit<Generation, "packages">;

function unlessRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

function difference(before: RecordBytes, after: RecordBytes): GenerationDifference | undefined {
  const [old, now] = [findPackages(before.bytes), findPackages(after.bytes)];
  if (!old || !now) return undefined;
  const [oldTexts, nowTexts] = differingTexts(old.list, now.list);
  return {
    before: { ...parseGeneration(old.others, before.source), packages: parseOthers(oldTexts, nowTexts, before.source) },
    after: parseOthers(nowTexts, oldTexts, after.source),
  };
}

function parseOthers(texts: readonly string[], left: readonly string[], source: string): InstalledPackage[] {
  const known = new Set(left);
  return texts
    .filter((text) => !known.has(text))
    .map((text) => parseInstalledPackage(parseJsonObject(text + CLOSED, source), source));
}

const MEMBER = '\n "packages":';
const START = `${MEMBER} [\n`;
const END = "\n ]";
const BETWEEN = "\n  },\n";
const CLOSED = "\n  }";

/**
 * The bytes of a record's packages, and the record without them. Lines with these indentations cannot be part of a text in
 * it: a line end in there is written as an escape sequence.
 */
function findPackages(bytes: Buffer): { readonly list: Buffer; readonly others: string } | undefined {
  const start = bytes.indexOf(START);
  const end = start < 0 ? -1 : bytes.indexOf(END, start + START.length);
  // A member that comes twice counts as it stands there last.
  if (end < 0 || bytes.indexOf(MEMBER) !== start || bytes.indexOf(MEMBER, end) >= 0) return undefined;
  const list = bytes.subarray(start + START.length, end);
  if (list.lastIndexOf(CLOSED) !== list.length - CLOSED.length) return undefined;
  return { list, others: bytes.toString("utf8", 0, start + START.length) + bytes.toString("utf8", end) };
}

/** The packages of both lists without those that both begin or end with; each text without its last line. */
function differingTexts(one: Buffer, other: Buffer): readonly [readonly string[], readonly string[]] {
  const same = commonStart(one, other);
  const border = same < BETWEEN.length ? -1 : one.lastIndexOf(BETWEEN, same - BETWEEN.length);
  const first = border < 0 ? 0 : border + BETWEEN.length;
  const [left, right] = [one.subarray(first), other.subarray(first)];
  const tail = left.indexOf(BETWEEN, left.length - commonEnd(left, right));
  const behind = tail < 0 ? CLOSED.length : left.length - tail;
  const textsOf = (bytes: Buffer) => bytes.toString("utf8", 0, bytes.length - behind).split(BETWEEN);
  return [textsOf(left), textsOf(right)];
}

function commonStart(one: Buffer, other: Buffer): number {
  return largest(Math.min(one.length, other.length), (from, to) => one.compare(other, from, to, from, to) === 0);
}

function commonEnd(one: Buffer, other: Buffer): number {
  return largest(
    Math.min(one.length, other.length),
    (from, to) => one.compare(other, other.length - to, other.length - from, one.length - to, one.length - from) === 0,
  );
}

/** How far the pieces are the same, up to `most`. */
function largest(most: number, isSame: (from: number, to: number) => boolean): number {
  let [found, beyond] = [0, most];
  while (found < beyond) {
    const middle = Math.ceil((found + beyond) / 2);
    if (isSame(found, middle)) found = middle;
    else beyond = middle - 1;
  }
  return found;
}
