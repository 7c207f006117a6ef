import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameFromUrl } from "../../../src/model/recipe/name-from-url.ts";
import { isRecipeName } from "../../../src/model/recipe/names.ts";

describe("nameFromUrl", () => {
  test.each([
    ["https://www.mpfr.org/mpfr-4.2.0/mpfr-4.2.0.tar.xz", "mpfr", "4.2.0"],
    ["https://x.org/boost_1_83_0.tar.bz2", "boost", "1.83.0"],
    ["https://github.com/madler/zlib/archive/refs/tags/v1.3.1.tar.gz", "zlib", "1.3.1"],
    ["https://github.com/curl/curl/archive/curl-8_5_0.tar.gz", "curl", "8.5.0"],
    ["https://github.com/google/re2/archive/refs/tags/2024-07-02.tar.gz", "re2", "2024-07-02"],
    ["https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.xz", "zlib", "1.3.1"],
    ["https://github.com/x/foo/releases/download/v2.0/foo.tar.gz", "foo", "2.0"],
    ["https://gitlab.com/a/b/c/-/archive/v1.0/c-v1.0.tar.gz", "c", "1.0"],
    ["https://x.org/tcl8.6.13-src.tar.gz", "tcl", "8.6.13"],
    ["https://x.org/jpegsrc.v9e.tar.gz", "jpegsrc", "9e"],
    ["https://x.org/openssl-1.1.1w.tar.gz?mirror=1", "openssl", "1.1.1w"],
    ["https://x.org/Python-3.12.1.tgz", "python", "3.12.1"],
    ["https://x.org/foo_1.0.orig.tar.gz", "foo", "1.0"],
    ["https://x.org/idna-3.6-py3-none-any.whl", "idna", "3.6"],
    ["https://x.org/libstdc++-1.0.tar.gz", "libstdc++", "1.0"],
    ["https://x.org/python3-foo-1.0.tar.gz", "python3-foo", "1.0"],
    ["https://x.org/ncurses-6.4-20230401.tgz", "ncurses", "6.4-20230401"],
    ["https://x.org/gmp-6.3.0-linux-x86_64.tar.gz", "gmp", "6.3.0"],
    ["https://x.org/7zip-23.01.zip", "7zip", "23.01"],
    ["npm:@scope/name@1.2.3", "@scope+name", "1.2.3"],
    ["npm:lodash", "lodash", undefined],
    ["npm:lodash@^4", "lodash", undefined],
    ["https://x.org/download?file=1", "download", undefined],
    ["https://x.org/", undefined, undefined],
    ["https://x.org/-/%00.tar", undefined, undefined],
  ])("of %s", (url, name, version) => {
    const told = nameFromUrl(url);
    expect([told.name, told.version]).toEqual([name, version]);
  });

  test("tells only what can be a name, and takes apart what was put together", () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        const { name } = nameFromUrl(url);
        expect(name === undefined || isRecipeName(name)).toBe(true);
      }),
    );
    const name = fc
      .stringMatching(/^[a-z]{2,6}(?:-[a-z]{2,5})?$/)
      .filter((each) => !/-(?:src|any|none|bin|dist|orig)$/.test(each));
    const version = fc.array(fc.nat(99), { minLength: 2, maxLength: 4 }).map((numbers) => numbers.join("."));
    fc.assert(
      fc.property(name, version, fc.constantFrom("tar.gz", "tar.xz", "tgz", "zip"), (wanted, number, ending) => {
        expect(nameFromUrl(`https://x.org/dir/${wanted}-${number}.${ending}`)).toEqual({
          name: wanted,
          version: number,
        });
      }),
    );
  });
});
