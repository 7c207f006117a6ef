import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePackageName, parsePackageVersion } from "../../src/model/ids.ts";
import { fromFileName } from "../../src/model/package-file-name.ts";

describe("fromFileName", () => {
  it.each([
    ["zlib-1.3.1.tar.gz", "zlib", "1.3.1"],
    ["zlib-1.3.1", "zlib", "1.3.1"],
    ["zlib-v1.3.1.tgz", "zlib", "1.3.1"],
    ["pari-2.15.2.p1.tar.xz", "pari", "2.15.2.p1"],
    ["gcc-12-base-1.0.zip", "gcc-12-base", "1.0"],
    ["ImageMagick-7.1.1-15.tar.zst", "ImageMagick", "7.1.1-15"],
    ["log-2024-01-31.tar.bz2", "log", "2024-01-31"],
    ["foo_1.0_rc1.tar.gz", "foo", "1.0.rc1"],
    ["foo-2.0-rc.1.tar.gz", "foo", "2.0-rc.1"],
    ["libfoo-1.10", "libfoo", "1.10"],
    ["notes", "notes", undefined],
    ["notes.txt", "notes.txt", undefined],
    ["1.0.tar.gz", "1.0", undefined],
    ["tool-linux-x86_64", "tool-linux-x86_64", undefined],
    ["tool-1.0-linux-x86_64.tar.gz", "tool-1.0-linux-x86_64", undefined],
    ["node-v20.1.0-linux-x64.tar.xz", "node-v20.1.0-linux-x64", undefined],
    [".hidden-1.0", "hidden", "1.0"],
    ["a b(c).tar", "a_b_c_", undefined],
    ["日本-2", "__", "2"],
    ["...", "package", undefined],
    [".tar.gz", "package", undefined],
    ["mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba-foo-3", "foo", "3"],
    ["mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba-foo-3.tar.gz", "foo", "3"],
  ])("reads %s as %s, version %s", (fileName, name, version) => {
    expect(fromFileName(fileName)).toEqual({ name, version });
  });

  it("gives names, and versions of a sane length, that packages can have", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.stringMatching(/^[a-c._-]+[0-9._a-]*$/)),
        (text) => {
          const { name, version } = fromFileName(text);
          expect(parsePackageName(name)).toBe(name);
          if (version !== undefined && version.length <= 80) expect(parsePackageVersion(version)).toBe(version);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
