import { expect, it } from "vitest";
import { recipeDirectories } from "../../src/cli/build-options.ts";
import type { GlobalValues } from "../../src/cli/global-options.ts";

const from = (text: string | undefined, recipes: readonly string[] = []) =>
  recipeDirectories({ global: { recipes } as unknown as GlobalValues, env: { STORE_RECIPES: text } });

it.each([
  [undefined, []],
  ["", []],
  ["/a:b::c", ["/a", "b", "c"]],
  ["sage:/opt/sage", ["sage:/opt/sage"]],
  ["/a:sage:/opt/sage:sage:tree:/b", ["/a", "sage:/opt/sage", "sage:tree", "/b"]],
  ["/a/sage:/b:./sage:/c", ["/a/sage", "/b", "./sage", "/c"]],
])("reads STORE_RECIPES=%s as places, with Sage trees among them", (text, places) => {
  expect(from(text)).toEqual(places);
});

it("lets --recipes go before", () => {
  expect(from("/a", ["sage:/b"])).toEqual(["sage:/b"]);
});
