import fc from "fast-check";
import { expect, it } from "vitest";
import { fillText } from "../../../src/build/fill-text.ts";
import { unfillText } from "../../../src/model/recipe/unfill-text.ts";

const paths = {
  dependencies: new Map([
    ["gmp", "/store/pkgs_/aaaa-gmp-6.3"],
    ["gmp-tools", "/store/pkgs_/aaaa-gmp-6.3-tools"],
  ]),
  out: "/store/pkgs_/0000-mpfr-4.2",
};

it("finds the paths in a text, the longer one where two begin alike", () => {
  expect(unfillText(`cp ${paths.out}/x /store/pkgs_/aaaa-gmp-6.3-tools/$& /store/pkgs_/aaaa-gmp-6.3`, paths)).toEqual([
    { kind: "text", text: "cp " },
    { kind: "output" },
    { kind: "text", text: "/x " },
    { kind: "dependency", name: "gmp-tools" },
    { kind: "text", text: "/$& " },
    { kind: "dependency", name: "gmp" },
  ]);
  expect(unfillText("", paths)).toEqual([]);
});

it("is the reverse of filling", () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom(paths.out, ...paths.dependencies.values()));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join("");
      expect(fillText(unfillText(text, paths), paths)).toBe(text);
    }),
  );
});
