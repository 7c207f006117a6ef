import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ALGORITHMS, parseIntegrity, toContentHash, toIntegrity } from "../../src/sources/integrity.ts";
import { caught } from "../helpers/caught.ts";

const contents = fc.tuple(fc.uint8Array(), fc.constantFrom(...ALGORITHMS));

test("every way to write an integrity reads as the same one", () => {
  fc.assert(
    fc.property(contents, ([bytes, algorithm]) => {
      const base64 = createHash(algorithm).update(bytes).digest("base64");
      const hex = createHash(algorithm).update(bytes).digest("hex");
      const integrity = parseIntegrity(`${algorithm}-${base64}`);
      expect(integrity).toBe(`${algorithm}-${base64}`);
      expect(parseIntegrity(`${algorithm}:${hex}`)).toBe(integrity);
      expect(parseIntegrity(`${algorithm}:${hex.toUpperCase()}`)).toBe(integrity);
      expect(parseIntegrity(` ${algorithm}-${base64.replace(/=+$/, "")}\n`)).toBe(integrity);
      expect(parseIntegrity(`${algorithm}-${base64}?some-option`)).toBe(integrity);
      expect(toIntegrity(toContentHash(integrity))).toBe(integrity);
      expect(toContentHash(integrity)).toEqual({ algorithm, hex });
    }),
  );
});

test("64 hexadecimal digits are a SHA-256", () => {
  const hex = createHash("sha256").update("").digest("hex");
  expect(parseIntegrity(hex)).toBe("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
});

test("of several hashes the strongest counts, whatever their order", () => {
  const strong = `sha512-${createHash("sha512").update("x").digest("base64")}`;
  const weak = `sha1-${createHash("sha1").update("y").digest("base64")}`;
  const foreign = `md5-${createHash("md5").update("z").digest("base64")}`;
  expect(parseIntegrity(`${weak} ${strong} ${foreign}`)).toBe(strong);
  expect(parseIntegrity(`${strong} ${weak} ${strong}`)).toBe(strong);
});

const sum = createHash("sha256").update("x").digest();
const other = createHash("sha256").update("y").digest("base64");

test.each([
  ["nothing", ""],
  ["a word", "abc"],
  ["MD5", "md5-1B2M2Y8AsgTpgAmY7PhCfg=="],
  ["MD5 as digits", "d41d8cd98f00b204e9800998ecf8427e"],
  ["an unknown algorithm", `sha257-${sum.toString("base64")}`],
  ["too few bytes", `sha256-${sum.subarray(1).toString("base64")}`],
  ["the length of another algorithm", `sha512-${sum.toString("base64")}`],
  ["the alphabet of URLs", `sha256-${Buffer.alloc(32, 0xfb).toString("base64url")}`],
  ["63 digits", sum.toString("hex").slice(1)],
  ["digits and more", `${sum.toString("hex")}0`],
  ["two contents", `sha256-${sum.toString("base64")} sha256-${other}`],
])("%s is no integrity", (_, text) => {
  expect(caught(() => parseIntegrity(text))).toMatchObject({ code: "INVALID_INPUT", hint: expect.any(String) });
});
