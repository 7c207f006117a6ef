import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { defaultRoot } from "../../src/operations/open-store.ts";
import { baseDirectory, homeDirectory } from "../../src/system/base-directories.ts";

const own = userInfo().homedir;

test.each([
  [{ HOME: "/h" }, "/h"],
  [{}, own],
  [{ HOME: "" }, own],
  [{ HOME: "h" }, own],
  [{ HOME: "." }, own],
])("the home directory of %o", (env, home) => {
  expect(homeDirectory(env)).toBe(home);
  expect(baseDirectory(env, "data")).toBe(`${home}/.local/share`);
  expect(baseDirectory(env, "cache")).toBe(`${home}/.cache`);
  expect(defaultRoot(env)).toBe(`${home}/.local/share/store`);
});

test.each(["", "rel", "./rel", "~/rel"])(
  "a base directory '%s' is ignored, and one with an absolute path not",
  (rel) => {
    expect(baseDirectory({ HOME: "/h", XDG_DATA_HOME: rel }, "data")).toBe("/h/.local/share");
    expect(baseDirectory({ HOME: "/h", XDG_CACHE_HOME: rel }, "cache")).toBe("/h/.cache");
    const absolute = { HOME: "/h", XDG_DATA_HOME: "/d", XDG_CACHE_HOME: "/c" };
    expect([baseDirectory(absolute, "data"), baseDirectory(absolute, "cache")]).toEqual(["/d", "/c"]);
    expect(defaultRoot({ ...absolute, STORE_ROOT: "rel" })).toBe("rel");
  },
);
