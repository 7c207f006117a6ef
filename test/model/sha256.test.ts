import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sumOfText } from "../../src/model/sha256.ts";

it("is what Node's own SHA-256 gives, for short texts and long ones", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.nat(9000).map((length) => "é".repeat(length)),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      expect(sumOfText(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
    }),
  );
  for (const length of [0, 55, 56, 63, 64, 65, 4095, 4096, 4097]) {
    const text = "a".repeat(length);
    expect(sumOfText(text)).toBe(createHash("sha256").update(text).digest("hex"));
  }
});
