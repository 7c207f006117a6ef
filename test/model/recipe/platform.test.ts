import { describe, expect, test } from "vitest";
import { includesPlatform, platformOf, platformPatterns, suggestPlatform } from "../../../src/model/recipe/platform.ts";

describe("platformOf", () => {
  test.each([
    [{ platform: "linux", arch: "x64" }, "linux-x86_64"],
    [{ platform: "darwin", arch: "arm64" }, "darwin-aarch64"],
    [{ platform: "linux", arch: "ppc64", endianness: "LE" as const }, "linux-ppc64le"],
    [{ platform: "linux", arch: "ppc64", endianness: "BE" as const }, "linux-ppc64"],
    [{ platform: "linux", arch: "riscv64" }, "linux-riscv64"],
  ])("%o is %s", (node, expected) => {
    const { os, arch } = platformOf(node);
    expect(`${os}-${arch}`).toBe(expected);
  });

  test.each([
    { platform: "win32", arch: "x64" },
    { platform: "linux", arch: "constructor" },
  ])("refuses %o", (node) => {
    expect(() => platformOf(node)).toThrowError(expect.objectContaining({ code: "UNSUPPORTED" }));
  });

  test("knows the machine that runs this", () => {
    expect(platformPatterns()).toContain(platformOf(process).os);
  });
});

describe("includesPlatform", () => {
  test.each([
    [[], true],
    [["linux"], true],
    [["x86_64"], true],
    [["linux-x86_64"], true],
    [["darwin", "linux-x86_64"], true],
    [["darwin"], false],
    [["linux-aarch64"], false],
  ])("%o: %s", (patterns, expected) => {
    expect(includesPlatform(patterns, { os: "linux", arch: "x86_64" })).toBe(expected);
  });
});

describe("suggestPlatform", () => {
  test.each([
    ["macos", "darwin"],
    ["osx-arm64", "darwin-aarch64"],
    ["x86-64", "x86_64"],
    ["x86_64-linux", "linux-x86_64"],
    ["amd64", "x86_64"],
    ["Linux", "linux"],
    ["freebds", "freebsd"],
    ["windows", undefined],
  ])("for %s: %s", (word, expected) => {
    expect(suggestPlatform(word)).toBe(expected);
  });
});
