import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findBaseNames } from "../../../src/model/search/find-base-names.ts";
import { LONGEST_BASE_NAME } from "../../../src/model/search/find-landmarks.ts";

const DIGEST = "mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba";

function find(content: string | Buffer): string[] {
  const found = new Set<string>();
  findBaseNames(Buffer.from(content as string, "latin1"), found);
  return [...found].sort();
}

/** Every place tried, one after the other. */
function findSlowly(content: string): string[] {
  const found = new Set<string>();
  for (const { index } of content.matchAll(/(?<=^|.)(?=([a-z2-7]{32})-)/gs)) {
    found.add(/^.{33}[A-Za-z0-9@_+.~-]{0,209}/s.exec(content.slice(index))?.[0] ?? "");
  }
  return [...found].sort();
}

describe("findBaseNames", () => {
  it("finds a name wherever it stands", () => {
    expect(find(`${DIGEST}-zlib-1.3`)).toEqual([`${DIGEST}-zlib-1.3`]);
    for (let before = 0; before < 70; before++) {
      expect(find(`${"/".repeat(before)}${DIGEST}-zlib-1.3/lib`)).toEqual([`${DIGEST}-zlib-1.3`]);
      expect(find(`${"a".repeat(before)}${DIGEST}-zlib-1.3/lib`)).toEqual([`${DIGEST}-zlib-1.3`]);
    }
  });

  it("finds all that a slow search finds", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        DIGEST,
        DIGEST.slice(1),
        `${DIGEST}-`,
        "-",
        "a".repeat(31),
        "zlib-1.3",
        "0",
        "/",
        "\xff",
        "\0",
        "Z",
      ),
      fc.string({ unit: fc.constantFrom("a", "2", "-", "1", "."), maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(find(pieces.join(""))).toEqual(findSlowly(pieces.join("")));
      }),
      { numRuns: 3000 },
    );
  });

  it("takes no more than a base name can have", () => {
    expect(find(`${DIGEST}-${"x".repeat(500)}`)[0]).toHaveLength(LONGEST_BASE_NAME);
  });

  it("finds neither the zero name nor digests in other alphabets", () => {
    for (const text of [`${"0".repeat(32)}-a-1`, `${DIGEST.toUpperCase()}-a-1`, `${DIGEST}_a-1`, DIGEST, ""]) {
      expect(find(text)).toEqual([]);
    }
  });

  it("misses none where a stream overlaps by the longest name", () => {
    const content = `${"x".repeat(300)}/${DIGEST}-${"n".repeat(128)}-${"1".repeat(80)}/${"y".repeat(300)}`;
    for (let cut = LONGEST_BASE_NAME; cut < content.length; cut++) {
      const parts = [content.slice(0, cut), content.slice(cut - LONGEST_BASE_NAME)];
      expect(parts.flatMap(find)).toContain(`${DIGEST}-${"n".repeat(128)}-${"1".repeat(80)}`);
    }
  });
});
