import type { BaseName } from "./ids.ts";
import { zeroBaseName } from "./ids.ts";

/** A pattern and what takes its place: both of one length, in bytes. */
export interface Replacement {
  readonly from: Buffer;
  readonly to: Buffer;
}

/** The two ways in which the bytes of one object can mention its store and itself. */
export interface Forms {
  readonly canonicalStoreDir: string;
  readonly localStoreDir: string;
}

/** What turns the canonical form of an object into its local form. */
export function localising(forms: Forms, baseName: BaseName): readonly Replacement[] {
  return replacements([
    [forms.canonicalStoreDir, forms.localStoreDir],
    [zeroBaseName(baseName), baseName],
  ]);
}

/** The inverse of `localising`. */
export function canonicalising(forms: Forms, baseName: BaseName): readonly Replacement[] {
  return localising(forms, baseName).map(({ from, to }) => ({ from: to, to: from }));
}

export function replacements(pairs: readonly (readonly [from: string, to: string])[]): readonly Replacement[] {
  return pairs
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => ({ from: Buffer.from(from, "utf8"), to: Buffer.from(to, "utf8") }))
    .map(checkLength);
}

/** Replaces every occurrence in `bytes` in place, leftmost first, and tells how many there were. */
export function replaceInPlace(bytes: Buffer, list: readonly Replacement[]): number {
  let count = 0;
  for (const { from, to } of list) {
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + from.length)) {
      to.copy(bytes, at);
      count += 1;
    }
  }
  return count;
}

/** Whether `bytes` hold one of the patterns. */
export function mentionsAny(bytes: Buffer, patterns: readonly Buffer[]): boolean {
  return patterns.some((pattern) => bytes.indexOf(pattern) >= 0);
}

/** How many bytes of one piece the next must see again, so that no occurrence is lost between them. */
export function overlapOf(patterns: readonly Buffer[]): number {
  return Math.max(0, ...patterns.map((pattern) => pattern.length - 1));
}

/**
 * Replaces occurrences in content that comes in pieces, wherever the pieces are cut. Feed each piece to `push`, and
 * take the rest from `end`; what goes in and what comes out have the same length in total.
 */
export function createRewriter(list: readonly Replacement[]): { push(piece: Buffer): Buffer; end(): Buffer } {
  const overlap = overlapOf(list.map(({ from }) => from));
  let held: Buffer = Buffer.alloc(0);
  return {
    push(piece) {
      const joined = Buffer.concat([held, piece]);
      const settled = replaceBefore(joined, list, Math.max(0, joined.length - overlap));
      held = joined.subarray(settled);
      return joined.subarray(0, settled);
    },
    end() {
      replaceInPlace(held, list);
      return held;
    },
  };
}

/**
 * Replaces occurrences that start before `limit`; returns where the bytes begin that a further piece may still change:
 * never inside a replacement, whose bytes are not searched again.
 */
export function replaceBefore(bytes: Buffer, list: readonly Replacement[], limit: number): number {
  let settled = limit;
  for (const { from, to } of list) {
    for (let at = bytes.indexOf(from); at >= 0 && at < limit; at = bytes.indexOf(from, at + from.length)) {
      to.copy(bytes, at);
      settled = Math.max(settled, at + from.length);
    }
  }
  return settled;
}

/**
 * Whether `text` overlaps itself (a prefix that is also a suffix). Replacing such a pattern has no inverse: two
 * occurrences could share bytes.
 */
export function overlapsItself(text: string): boolean {
  for (let length = 1; length < text.length; length++) {
    if (text.startsWith(text.slice(-length))) return true;
  }
  return false;
}

function checkLength(replacement: Replacement): Replacement {
  if (replacement.from.length === replacement.to.length) return replacement;
  throw new RangeError(`replacement of ${replacement.from.length} bytes by ${replacement.to.length}`);
}
