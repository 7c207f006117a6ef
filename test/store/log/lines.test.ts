import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lineNumberAt, lineStartFrom, linesBackward, linesForward } from "../../../src/store/log/lines.ts";
import { type OpenSegment, openSegment } from "../../../src/store/log/segments.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "store-lines-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function segmentWith(content: Buffer): OpenSegment {
  const path = join(directory, "000001.jsonl");
  writeFileSync(path, content);
  return openSegment({ name: "000001.jsonl", path }) as OpenSegment;
}

/** Lines as a program reads them that holds the whole file in memory. */
function naiveLines(content: Buffer) {
  const lines: { offset: number; text: string; terminated: boolean; feeds: number }[] = [];
  const texts = content.toString("latin1").split("\n");
  let offset = 0;
  for (const [feeds, text] of texts.entries()) {
    const terminated = feeds < texts.length - 1;
    if (text !== "") lines.push({ offset, text, terminated, feeds });
    offset += text.length + 1;
  }
  return lines;
}

// Around the size of a block, where lines are cut, and far above it.
const line = fc
  .tuple(fc.constantFrom(0, 0, 1, 5, 65_535, 65_536, 65_537, 200_000), fc.constantFrom("a", "\u0000", "\u00ff"))
  .map(([length, character]) => character.repeat(length));
const content = fc
  .tuple(fc.array(line, { maxLength: 8 }), fc.boolean())
  .map(([lines, end]) => Buffer.from(lines.join("\n") + (end ? "\n" : ""), "latin1"));

it("reads the same lines forward, backward and from any place", () => {
  fc.assert(
    fc.property(content, fc.nat(), (bytes, place) => {
      using open = segmentWith(bytes);
      const expected = naiveLines(bytes);
      const forward = [...linesForward(open, 0)];
      expect(forward.map(({ bytes: b, ...rest }) => ({ ...rest, text: b.toString("latin1") }))).toEqual(expected);
      const backward = [...linesBackward(open, open.size)].reverse();
      expect(backward.map(({ offset, terminated }) => [offset, terminated])).toEqual(
        expected.map(({ offset, terminated }) => [offset, terminated]),
      );
      expect(
        Buffer.concat(backward.map((item) => item.bytes)).equals(Buffer.concat(forward.map((item) => item.bytes))),
      ).toBe(true);
      const at = bytes.length === 0 ? 0 : place % bytes.length;
      const start = lineStartFrom(open, at);
      expect([...linesForward(open, start)].map(({ offset }) => offset)).toEqual(
        expected.filter(({ offset }) => offset >= at).map(({ offset }) => offset),
      );
      for (const { offset, feeds } of expected) expect(lineNumberAt(open, offset)).toBe(feeds + 1);
    }),
    { numRuns: 60 },
  );
});

it("says that a segment is gone, and refuses what is no file", () => {
  expect(openSegment({ name: "000009.jsonl", path: join(directory, "000009.jsonl") })).toBeUndefined();
  expect(() => openSegment({ name: "000001.jsonl", path: directory })).toThrow(/not a regular file/);
});
