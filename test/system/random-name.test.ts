import { expect, it } from "vitest";
import { randomName } from "../../src/system/random-name.ts";

it("names are 16 hexadecimal digits, and none comes twice", () => {
  const names = Array.from({ length: 1000 }, randomName);
  expect(new Set(names).size).toBe(1000);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{16}$/);
});
