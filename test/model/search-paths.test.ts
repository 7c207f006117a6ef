import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { searchPathsInto, withSearchPaths } from "../../src/model/search-paths.ts";

const PATHS = searchPathsInto("/s/top");
const HIDDEN = { hidden: ["/s/profiles/default"] };

describe("withSearchPaths", () => {
  it("puts the directories first and keeps the order of the others", () => {
    const env = withSearchPaths({ PATH: "/a:/b", MANPATH: "/m:", OTHER: "x", GONE: undefined }, PATHS, HIDDEN);
    expect(env).toMatchObject({ PATH: "/s/top/bin:/a:/b", MANPATH: "/s/top/share/man:/m:", OTHER: "x" });
    expect("GONE" in env).toBe(false);
  });

  it("says what a variable means that is not set", () => {
    const env = withSearchPaths({ PKG_CONFIG_PATH: "" }, PATHS, HIDDEN);
    expect(env).toMatchObject({
      PATH: "/s/top/bin",
      MANPATH: "/s/top/share/man:",
      XDG_DATA_DIRS: "/s/top/share:/usr/local/share:/usr/share",
      PKG_CONFIG_PATH: "/s/top/lib/pkgconfig:/s/top/share/pkgconfig",
      CMAKE_PREFIX_PATH: "/s/top",
    });
  });

  it("takes out what lies in other generations of the profile, and nothing else", () => {
    const anyDirectory = fc.constantFrom(
      ...["/a", "", "/s/profiles/default", "/s/profiles/default/current/bin", "/s/profiles/default/gen-1/bin"],
      ...["/s/profiles/default2/current/bin", "/s/profiles/work/current/bin"],
    );
    fc.assert(
      fc.property(fc.array(anyDirectory, { minLength: 1 }), (directories) => {
        const before = directories.join(":");
        fc.pre(before !== "");
        const kept = directories.filter((each) => !/^\/s\/profiles\/default(?:\/|$)/.test(each));
        const { PATH } = withSearchPaths({ PATH: before }, PATHS, HIDDEN);
        expect(PATH).toBe(["/s/top/bin", ...kept].join(":"));
      }),
    );
  });
});
