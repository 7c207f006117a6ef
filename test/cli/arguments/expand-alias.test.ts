import { expect, it } from "vitest";
import { expandAlias } from "../../../src/cli/arguments/expand-alias.ts";

it.each([
  ["--revert yesterday", "revert yesterday"],
  ["--revert=yesterday", "revert yesterday"],
  ["--root /s -p work --json --revert 2 hours ago", "--root /s -p work --json revert 2 hours ago"],
  ["--revert", "revert"],
  ["switch --revert", "switch --revert"],
  ["--root --revert x", "--root --revert x"],
  ["-- --revert x", "-- --revert x"],
  ["list", "list"],
])("reads %s as %s", (words, expected) => {
  expect(expandAlias(words.split(" ")).join(" ")).toBe(expected);
});
