import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePackageVersion } from "../../../src/model/ids.ts";
import { compareVersions, isPrerelease } from "../../../src/model/recipe/version-order.ts";
import { runs } from "../../helpers/runs.ts";

const anyVersion = fc
  .tuple(
    fc.constantFrom("0", "1", "2", "10", "01", "v1", "r5", "9e"),
    fc.array(
      fc.constantFrom(
        ".0",
        ".1",
        ".10",
        ".9",
        "a",
        "b1",
        "rc1",
        "RC2",
        "~",
        "~rc1",
        "+x",
        "-1",
        "_2",
        "dev",
        ".p1",
        "alpha",
      ),
      { maxLength: 5 },
    ),
  )
  .map(([first, rest]) => first + rest.join(""));

/** The versions on which Debian and GNU agree with this order: no leading zeros, no words that announce a release. */
const commonVersion = fc
  .tuple(
    fc.array(fc.oneof(fc.nat(12), fc.nat()), { minLength: 1, maxLength: 4 }),
    fc.constantFrom("", "c", "k", "z"),
    fc.constantFrom("", "+dfsg", "+git1", "+git12", "~rc1", "~rc2", "~beta3", "~git20", "+b~rc1"),
  )
  .map(([numbers, letter, end]) => numbers.join(".") + letter + end);

describe("compareVersions", () => {
  test("puts these in order", () => {
    const oldestFirst = [
      ["0.9", "1.0~~", "1.0~", "1.0~beta1", "1.0~rc1", "1.0dev1", "1.0a1", "1.0alpha2", "1.0b1", "1.0beta2", "1.0pre1"],
      ["1.0rc1", "1.0rc2", "1.0rc10", "1.0", "1.0a", "1.0b", "1.0p1", "1.0+dfsg", "1.0.0", "1.0.1", "1.9", "1.10"],
      ["1.10.p1", "2024a", "2024.1", "123456789012345678901234567890", "123456789012345678901234567891"],
    ].flat();
    for (const [index, version] of oldestFirst.entries()) {
      for (const [other, second] of oldestFirst.entries()) {
        expect([version, second, Math.sign(compareVersions(version, second))]).toEqual([
          version,
          second,
          Math.sign(index - other),
        ]);
      }
    }
  });

  test("is a total order in which only equal texts are equal", () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
        expect(compareVersions(a, a)).toBe(0);
        expect(compareVersions(a, b) === 0).toBe(a === b);
        expect(compareVersions(a, b) < 0).toBe(compareVersions(b, a) > 0);
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0 && compareVersions(x, z) <= 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("agrees with sort -V on the common subset", ({ skip }) => {
    if (spawnSync("sort", ["-V", "/dev/null"]).status !== 0) skip("there is no sort -V here");
    fc.assert(
      fc.property(fc.uniqueArray(commonVersion, { maxLength: 30 }), (versions) => {
        const input = versions.map((version) => `${version}\n`).join("");
        const output = execFileSync("sort", ["-V"], { input, env: { LC_ALL: "C" }, encoding: "utf8" });
        expect([...versions].sort(compareVersions)).toEqual(output.split("\n").slice(0, -1));
      }),
      { numRuns: runs(15) },
    );
  });

  test("agrees with dpkg on the common subset", ({ skip }) => {
    if (spawnSync("dpkg", ["--version"]).status !== 0) skip("there is no dpkg here");
    const pairs = fc.sample(fc.tuple(commonVersion, commonVersion), { numRuns: 300, seed: 42 });
    const script = 'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo 1; else echo 0; fi; done';
    const input = pairs.map(([a, b]) => `${a} ${b}\n`).join("");
    const answers = execFileSync("bash", ["-c", script], { input, encoding: "utf8" }).trim().split("\n");
    expect(pairs.map(([a, b]) => [a, b, compareVersions(a, b) < 0])).toEqual(
      pairs.map(([a, b], index) => [a, b, answers[index] === "1"]),
    );
  });

  test("orders every version that a package can have", () => {
    const character = fc.constantFrom(..."09aZ_+.~-");
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 20 }), (rest) => {
        const version = parsePackageVersion(`1${rest}`);
        expect(compareVersions(version, version)).toBe(0);
        expect(compareVersions(version, `${version}0a`)).not.toBe(0);
      }),
    );
  });
});

describe("isPrerelease", () => {
  test.each(["1.0rc1", "1.0~git", "3.13.0b2", "2.0.dev3", "1.0-Beta", "1.0alpha"])("%s is one", (version) => {
    expect(isPrerelease(version)).toBe(true);
  });

  test.each(["1.0", "1.1.1w", "9e", "2024a", "1.3.1.p1", "1.0+dfsg", "2024b", "1.0predicate"])(
    "%s is none",
    (version) => {
      expect(isPrerelease(version)).toBe(false);
    },
  );
});
