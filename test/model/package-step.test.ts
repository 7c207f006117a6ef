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
  [{ ...foo("1.2"), path: "a" }, { ...foo("1.2"), path: "a", priority: 3 }, "1.2 (priority 5 → 3)"],
  [
    { ...foo("1.2"), path: "a" },
    { ...foo("1.2"), path: "b", priority: 3 },
    "1.2 (rebuilt: gmp changed, priority 5 → 3)",
  ],
  [{ ...foo("1"), priority: 3 }, { ...foo("2"), priority: 0 }, "{1 -> 2} (priority 3 → 0)"],
  [{ ...foo("1"), name: "foo" }, { ...foo("1"), name: "foo", requested: "./foo" }, "1 (asked for as ./foo)"],
  [{ ...foo("1"), requested: "./foo-1" }, { ...foo("2"), requested: "./foo-2" }, "{1 -> 2}"],
  [
    { ...foo("1"), priority: 5, requested: "./a" },
    { ...foo("1"), priority: 4, requested: "./b" },
    "1 (priority 5 → 4, asked for as ./b)",
  ],
])("tells how %j became %j", (from, to, expected) => {
  expect(packageStep(from, to, words)).toBe(expected);
});
