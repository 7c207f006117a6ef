import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalising, localising, type Replacement } from "../../../src/model/rewrite.ts";
import { rewriteFile } from "../../../src/store/import/rewrite-file.ts";
import { anyMention, naiveLocal } from "../../helpers/any-mention.ts";
import { runs } from "../../helpers/runs.ts";
import { makeWorld } from "../../helpers/worlds.ts";

/** How much the function reads at once, without what it reads again. */
const PIECE = 1 << 20;

function rewritten(path: string, content: string, list: readonly Replacement[]): string {
  writeFileSync(path, content, "latin1");
  const fd = openSync(path, "r+");
  try {
    rewriteFile(fd, list);
  } finally {
    closeSync(fd);
  }
  return readFileSync(path, "latin1");
}

describe("rewriteFile", () => {
  it("gives what replacing in memory gives, for patterns around the ends of pieces", () => {
    const path = join(makeWorld().directory, "file");
    const anyFiller = fc
      .oneof(
        fc.integer({ min: -300, max: 300 }).map((offset) => PIECE + offset),
        fc.nat(99),
      )
      .map((length) => "\0".repeat(length));
    fc.assert(
      fc.property(anyMention(anyFiller), (mention) => {
        const { forms, baseName, canonical } = mention;
        const local = naiveLocal(mention);
        expect(rewritten(path, canonical, localising(forms, baseName)) === local).toBe(true);
        expect(rewritten(path, local, canonicalising(forms, baseName)) === canonical).toBe(true);
      }),
      { numRuns: runs(20) },
    );
  });

  it("finds a pattern at each place around the end of a piece", () => {
    const path = join(makeWorld().directory, "file");
    const list = [{ from: Buffer.from("pattern"), to: Buffer.from("PATTERN") }];
    for (let start = PIECE - 12; start <= PIECE + 8; start++) {
      const content = `${" ".repeat(start)}pattern${" ".repeat(20)}`;
      expect(rewritten(path, content, list) === content.toUpperCase()).toBe(true);
    }
  });

  it("handles an empty file, and one that ends within a pattern", () => {
    const path = join(makeWorld().directory, "file");
    const list = [{ from: Buffer.from("pattern"), to: Buffer.from("PATTERN") }];
    expect(rewritten(path, "", list)).toBe("");
    expect(rewritten(path, "patternpatter", list)).toBe("PATTERNpatter");
  });
});
