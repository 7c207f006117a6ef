import { expect, it } from "vitest";
import { packageStep } from "../../src/model/package-step.ts";

const words = { arrow: "→", why: "rebuilt: gmp changed" };
const foo = (version: string, options = {}) => ({ version, options });

it.each([
  [foo("4.2.0"), foo("4.2.2"), "{4.2.0 -> 4.2.2}"],
  [foo("1.2", { x11: true }), foo("1.2", { x11: false }), "1.2 [+x11 → -x11]"],
  [foo("1", { x11: true }), foo("2", { x11: false }), "{1 -> 2} [+x11 → -x11]"],
  [foo("1", { b: true, a: "qt" }), foo("1", { a: "gtk", b: true }), "1 [a=qt → a=gtk]"],
  [foo("1"), foo("1", { x11: true }), "1 [→ +x11]"],
  [foo("1.2"), foo("1.2"), "1.2 (rebuilt: gmp changed)"],
])("tells how %j became %j", (from, to, expected) => {
  expect(packageStep(from, to, words)).toBe(expected);
});
