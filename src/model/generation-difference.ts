import { type Generation, type InstalledPackage, parseGeneration, parseInstalledPackage } from "./generation.ts";
import { parseJsonObject } from "./json-object.ts";

/** The record of a generation, as it was read. */
export interface RecordText {
  readonly text: string;
  /** Names it in messages. */
  readonly source: string;
}

/** Two generations without the packages that stand in both records in the same words. */
export interface GenerationDifference {
  readonly before: Generation;
  readonly after: readonly InstalledPackage[];
}

/**
 * How two records differ, where both are laid out as `printGeneration` does it: of most of a thousand packages the text is
 * compared and not parsed. `undefined` when one of them is laid out in another way.
 * @throws StoreError DAMAGED, NEWER_FORMAT for the first one; the second one was parsed before
 */
export function generationDifference(
  before: RecordText,
  after: RecordText & { readonly packages: readonly InstalledPackage[] },
): GenerationDifference | undefined {
  const [old, now] = [splitRecord(before.text), splitRecord(after.text)];
  if (!old || !now || now.packages.length !== after.packages.length) return undefined;
  const kept = new Set(now.packages);
  const had = new Set(old.packages);
  const parsed = old.packages
    .filter((text) => !kept.has(text))
    .map((text) => parseInstalledPackage(parseJsonObject(text + CLOSED, before.source), before.source));
  return {
    before: { ...parseGeneration(old.others, before.source), packages: parsed },
    after: after.packages.filter((_, at) => !had.has(now.packages[at] as string)),
  };
}

const START = '\n "packages": [\n';
const END = "\n ]";
const BETWEEN = "\n  },\n";
const CLOSED = "\n  }";

/**
 * The texts of a record's packages, all without their last line, and the record without them. Lines with these indentations cannot be part of a text in
 * it: a line end in there is written as an escape sequence.
 */
function splitRecord(text: string): { readonly packages: readonly string[]; readonly others: string } | undefined {
  const start = text.indexOf(START);
  const end = start < 0 ? -1 : text.indexOf(END, start + START.length);
  if (end < 0 || text.indexOf(START, end) >= 0) return undefined;
  const list = text.slice(start + START.length, end);
  if (!list.endsWith(CLOSED)) return undefined;
  return {
    packages: list.slice(0, -CLOSED.length).split(BETWEEN),
    others: text.slice(0, start + START.length) + text.slice(end),
  };
}
