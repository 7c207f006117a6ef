import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BaseName } from "../../src/model/ids.ts";
import {
  canonicalising,
  createRewriter,
  localising,
  mentionsAny,
  overlapOf,
  overlapsItself,
  type Replacement,
  replaceInPlace,
  replacements,
} from "../../src/model/rewrite.ts";
import { anyMention, type Mention, naiveLocal } from "../helpers/any-mention.ts";

const CANONICAL = "/store/pkgs".padEnd(48, "_");
const LOCAL = "/home/user/.store/pkgs".padEnd(48, "_");
const BASE_NAME = "mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba-zlib-1.3.1" as BaseName;
const ZERO = "00000000000000000000000000000000-zlib-1.3.1";
const FORMS = { canonicalStoreDir: CANONICAL, localStoreDir: LOCAL };

function inPlace(text: string, list: readonly Replacement[]): string {
  const bytes = Buffer.from(text, "latin1");
  replaceInPlace(bytes, list);
  return bytes.toString("latin1");
}

/** The text in pieces, cut behind each of these positions. */
function inPieces(text: string, list: readonly Replacement[], cuts: readonly number[]): string {
  const rewriter = createRewriter(list);
  const edges = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
  const pieces = edges.slice(1).map((edge, at) => Buffer.from(text.slice(edges[at], edge), "latin1"));
  return [...pieces.map((piece) => rewriter.push(piece).toString("latin1")), rewriter.end().toString("latin1")].join(
    "",
  );
}

const localise = ({ forms, baseName }: Mention) => localising(forms, baseName);
const canonicalise = ({ forms, baseName }: Mention) => canonicalising(forms, baseName);

describe("localising and canonicalising", () => {
  it("are inverse to each other", () => {
    fc.assert(
      fc.property(anyMention(), (mention) => {
        const local = inPlace(mention.canonical, localise(mention));
        expect(local).toBe(naiveLocal(mention));
        expect(inPlace(local, canonicalise(mention))).toBe(mention.canonical);
      }),
      { numRuns: 3000 },
    );
  });

  it("give the same in pieces, wherever the content is cut", () => {
    const anyCuts = fc.array(fc.nat(400), { maxLength: 20 });
    fc.assert(
      fc.property(anyMention(), anyCuts, (mention, cuts) => {
        const local = naiveLocal(mention);
        expect(inPieces(mention.canonical, localise(mention), cuts)).toBe(local);
        expect(inPieces(local, canonicalise(mention), cuts)).toBe(mention.canonical);
      }),
      { numRuns: 3000 },
    );
  });

  it("leave no trace of the other form", () => {
    const text = `${CANONICAL}/${ZERO}/bin:${CANONICAL}/${ZERO}`;
    const local = inPlace(text, localising(FORMS, BASE_NAME));
    expect(local).toBe(`${LOCAL}/${BASE_NAME}/bin:${LOCAL}/${BASE_NAME}`);
    expect(mentionsAny(Buffer.from(local), [Buffer.from(CANONICAL), Buffer.from(ZERO)])).toBe(false);
    expect(mentionsAny(Buffer.from(text), [Buffer.from(CANONICAL)])).toBe(true);
  });

  it("touch only the object's own name, not that of an object with another name or version", () => {
    const other = `${"0".repeat(32)}-zlib-1.3.2 ${"0".repeat(32)}-zlib-1.3`;
    expect(inPlace(other, localising(FORMS, BASE_NAME))).toBe(other);
  });

  it("change nothing but the name in a store that lies at the canonical place", () => {
    const forms = { canonicalStoreDir: CANONICAL, localStoreDir: CANONICAL };
    expect(inPlace(`${CANONICAL}/${ZERO}`, localising(forms, BASE_NAME))).toBe(`${CANONICAL}/${BASE_NAME}`);
    expect(inPlace(CANONICAL, canonicalising(forms, BASE_NAME))).toBe(CANONICAL);
  });
});

describe("createRewriter", () => {
  const list = localising(FORMS, BASE_NAME);

  it("finds a pattern at every possible cut", () => {
    const text = `<${CANONICAL}/${ZERO}>`;
    const local = `<${LOCAL}/${BASE_NAME}>`;
    for (let cut = 0; cut <= text.length; cut++) expect(inPieces(text, list, [cut])).toBe(local);
    expect(
      inPieces(
        text,
        list,
        [...text].map((_, at) => at),
      ),
    ).toBe(local);
  });

  it("finds patterns at the start, at the end and next to each other", () => {
    expect(inPieces(CANONICAL + CANONICAL + ZERO, list, [50, 100])).toBe(LOCAL + LOCAL + BASE_NAME);
  });

  it("lets near misses pass as they are", () => {
    const text = `${CANONICAL.slice(0, 47)}${CANONICAL.slice(1)}${ZERO.slice(1)}${CANONICAL.slice(0, 20)}`;
    for (const cut of [1, 47, 48, 90]) expect(inPieces(text, list, [cut])).toBe(text);
    expect(inPieces(`/store/pkg${CANONICAL}`, list, [3, 12])).toBe(`/store/pkg${LOCAL}`);
    expect(inPieces(`00${ZERO}`, list, [1, 2, 3])).toBe(`00${BASE_NAME}`);
  });

  it("leaves the pieces it is given alone, and keeps the length", () => {
    const piece = Buffer.from(CANONICAL);
    const rewriter = createRewriter(list);
    const length = rewriter.push(piece).length + rewriter.push(piece).length + rewriter.end().length;
    expect(piece.toString()).toBe(CANONICAL);
    expect(length).toBe(96);
  });

  it("holds back no more than can still change", () => {
    expect(overlapOf(list.map(({ from }) => from))).toBe(47);
    expect(createRewriter(list).push(Buffer.alloc(1000)).length).toBe(953);
    expect(createRewriter([]).push(Buffer.alloc(10)).length).toBe(10);
  });
});

describe("replaceInPlace", () => {
  it("tells how many occurrences there were", () => {
    const list = replacements([["ab", "xy"]]);
    expect(replaceInPlace(Buffer.from("ab-abab"), list)).toBe(3);
    expect(replaceInPlace(Buffer.from("a-b"), list)).toBe(0);
  });

  it("works on bytes that are no text", () => {
    const bytes = Buffer.from([0xff, 0, 0x61, 0x62, 0xc3]);
    replaceInPlace(bytes, replacements([["ab", "xy"]]));
    expect(bytes).toEqual(Buffer.from([0xff, 0, 0x78, 0x79, 0xc3]));
  });
});

describe("replacements", () => {
  it("are refused when the lengths differ, in bytes", () => {
    expect(() => replacements([["ab", "abc"]])).toThrow(RangeError);
    expect(() => replacements([["é", "e"]])).toThrow(RangeError);
    expect(replacements([["é", "ee"]])).toHaveLength(1);
  });

  it("leave out what is replaced by itself", () => {
    expect(replacements([["a", "a"]])).toEqual([]);
  });
});

describe("overlapsItself", () => {
  it("finds a beginning that is also an end", () => {
    for (const text of ["aa", "aba", "abcab", "/pkgs_a/pkgs_"]) expect(overlapsItself(text)).toBe(true);
    for (const text of ["a", "ab", "abc", CANONICAL, LOCAL]) expect(overlapsItself(text)).toBe(false);
  });
});
