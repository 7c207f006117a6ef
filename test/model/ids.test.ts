import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  baseNameOf,
  digestInBaseName,
  digestOf,
  isBaseName,
  parseBaseName,
  parseBlobId,
  parseGenerationNumber,
  parsePackageName,
  parsePackageVersion,
  parseProfileName,
  parseTreeId,
  ZERO_DIGEST,
  zeroBaseName,
} from "../../src/model/ids.ts";
import { caught } from "../helpers/caught.ts";

const INVALID = { code: "INVALID_INPUT" };
const anyId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));

/** Base32 by arithmetic on one large number. */
function base32(hex: string): string {
  let value = BigInt(`0x${hex}`);
  let text = "";
  for (let at = 0; at < 32; at++) {
    text = "abcdefghijklmnopqrstuvwxyz234567"[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return text;
}

describe("digestOf", () => {
  it("is base32 of the first 20 bytes", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(digestOf(parseTreeId(id))).toBe(base32(id.slice(0, 40)));
      }),
    );
    expect(digestOf(parseTreeId("0".repeat(64)))).toBe("a".repeat(32));
    expect(digestOf(parseTreeId("f".repeat(64)))).toBe("7".repeat(32));
  });
});

describe("ids", () => {
  it.each(["", "0".repeat(63), "0".repeat(65), "F".repeat(64), `${"0".repeat(64)}\n`, "g".repeat(64)])(
    "refuse %j as a hash",
    (text) => {
      expect(caught(() => parseTreeId(text))).toMatchObject(INVALID);
      expect(caught(() => parseBlobId(text))).toMatchObject(INVALID);
    },
  );

  it("take 64 hexadecimal digits", () => {
    expect(parseBlobId("0123456789abcdef".repeat(4))).toBe("0123456789abcdef".repeat(4));
  });
});

describe("names, versions and profiles", () => {
  it.each(["zlib", "@scope+name", "7zip", "libc++", "x.y-z_", "_", "n".repeat(128)])("take the name %s", (text) => {
    expect(parsePackageName(text)).toBe(text);
  });

  it.each(["", ".hidden", "-x", "a/b", "a b", "é", "a\n", "a~b", "n".repeat(129)])("refuse the name %j", (text) => {
    expect(caught(() => parsePackageName(text))).toMatchObject({ ...INVALID, hint: expect.stringContaining("--name") });
  });

  it.each(["1", "1.10", "2.0~rc1-1", "v1+git_2", "1".repeat(80)])("take the version %s", (text) => {
    expect(parsePackageVersion(text)).toBe(text);
  });

  it.each(["", "-1", ".1", "1/2", "1 2", "1:2", "1\n", "1".repeat(81)])("refuse the version %j", (text) => {
    expect(caught(() => parsePackageVersion(text))).toMatchObject({
      ...INVALID,
      hint: expect.stringContaining("--version"),
    });
  });

  it("hold profiles to names that are no options, no dot files and no paths", () => {
    expect(parseProfileName("default")).toBe("default");
    for (const text of ["", ".", "..", "-p", "_x", "a/b", "p".repeat(65), "a\n"]) {
      expect(caught(() => parseProfileName(text))).toMatchObject(INVALID);
    }
  });
});

describe("base names", () => {
  const digest = digestOf(parseTreeId("5a".repeat(32)));

  it("are digest, name and version, at most 242 characters", () => {
    const longest = baseNameOf(digest, parsePackageName("n".repeat(128)), parsePackageVersion("1".repeat(80)));
    expect(longest).toHaveLength(242);
    expect(parseBaseName(longest)).toBe(longest);
    expect(baseNameOf(digest, parsePackageName("zlib"), parsePackageVersion("1.3"))).toBe(`${digest}-zlib-1.3`);
    expect(isBaseName(`${longest}1`)).toBe(false);
  });

  it("of every name and version are base names, with their digest in front", () => {
    const anyName = fc.stringMatching(/^[A-Za-z0-9@_+][A-Za-z0-9@_+.-]{0,20}$/);
    const anyVersion = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_+.~-]{0,20}$/);
    fc.assert(
      fc.property(anyName, anyVersion, (name, version) => {
        const baseName = baseNameOf(digest, parsePackageName(name), parsePackageVersion(version));
        expect(isBaseName(baseName)).toBe(true);
        expect(digestInBaseName(baseName)).toBe(digest);
        expect(zeroBaseName(baseName)).toBe(`${ZERO_DIGEST}-${name}-${version}`);
      }),
    );
  });

  it.each([
    ...["", digest, `${digest}-`, `${digest}zlib-1`, `${digest}-.-1`, `${digest}--1`, `${digest}-zlib-1/..`],
    ...[`${digest}-zlib`, `${digest}-zlib-`, `${digest}-zlib-.1`, `${digest}-${"n".repeat(129)}-1`],
    ...[`${digest}-zlib-1\n`, `${ZERO_DIGEST}-zlib-1`, `${digest.toUpperCase()}-zlib-1`, `1${digest.slice(1)}-zlib-1`],
  ])("are not %j", (text) => {
    expect(isBaseName(text)).toBe(false);
    expect(caught(() => parseBaseName(text))).toMatchObject(INVALID);
  });
});

describe("generation numbers", () => {
  it("count from 0", () => {
    expect(parseGenerationNumber(0)).toBe(0);
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(caught(() => parseGenerationNumber(value))).toMatchObject(INVALID);
    }
  });
});
