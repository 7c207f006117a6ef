import { expect, test } from "vitest";
import type { InstalledPackage } from "../../src/model/generation.ts";
import { specAgain } from "../../src/model/spec-again.ts";

const PATH = `${"a".repeat(32)}-tool-1.2` as InstalledPackage["path"];

test.each([
  ["/src/tool-1.2.tar.gz", "tool", "1.2", "/src/tool-1.2.tar.gz"],
  ["/src/a b", "a_b", "0", "'/src/a b'"],
  ["/src/tool-1.2.tar.gz", "other", "1.2", "/src/tool-1.2.tar.gz --name other"],
  ["/src/tool", "tool", "3", "/src/tool --version 3"],
  ["/src/tool", "other", "3~rc1", "/src/tool --name other --version '3~rc1'"],
  ["npm:@types/node@1", "@types+node", "1.2", "npm:@types/node@1"],
  ["npm:semver", "sv", "7.1.0", "npm:semver --name sv"],
  ["https://host/tool-1.2.tar.gz", "tool", "1.2", PATH],
  [PATH, "tool", "1.2", PATH],
  ["mpfr+x@4", "mpfr", "4.2", "mpfr+x@4"],
])("%s as %s %s is %s", (requested, name, version, spec) => {
  const item = { name, version, path: PATH, requested } as InstalledPackage;
  expect(specAgain(item, false)).toBe(spec);
});

test("of what was built the recipe says what it is called", () => {
  const item = { name: "mpfr", version: "4.2", path: PATH, requested: "/recipes/x.yaml" } as InstalledPackage;
  expect(specAgain(item, true)).toBe("/recipes/x.yaml");
});
