import fc from "fast-check";
import { expect, test } from "vitest";
import { clip, printable } from "../../src/model/printable.ts";

test("a text that is clipped is no longer than it may be, and ends in dots", () => {
  expect(clip("abcdef", 6)).toBe("abcdef");
  expect(clip("abcdefg", 6)).toBe("abc...");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 4, max: 20 }), (text, most) => {
      const clipped = clip(text, most);
      expect(clipped.length).toBeLessThanOrEqual(most);
      if (text.length <= most) expect(clipped).toBe(text);
      else expect(text.startsWith(clipped.slice(0, -3)) && clipped.endsWith("...")).toBe(true);
      expect(clipped).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    }),
  );
});

test("control characters become visible", () => {
  expect(printable("a\u001b[1mb\u202e")).toBe("a\\u{1b}[1mb\\u{202e}");
});
