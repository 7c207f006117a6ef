import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffPackages } from "../../src/model/change.ts";
import { type Generation, parseGeneration, printGeneration } from "../../src/model/generation.ts";
import { generationDifference, generationHead } from "../../src/model/generation-difference.ts";
import { packageChange } from "../../src/model/log-change.ts";
import type { LogPackage } from "../../src/model/log-event.ts";

const DIGESTS = ["m", "n"].map((letter) => letter.repeat(32));

/** Texts that look like the layout of a record. */
const anyText = fc.constantFrom("x", "{\n", '\n ],\n "packages": [\n', "  },\n  {", "\n  }", "\u2028é", "");

const anyPackage = (name: string) =>
  fc.record({
    name: fc.constant(name),
    version: fc.constantFrom("1", "2"),
    options: fc.dictionary(anyText, fc.oneof(fc.boolean(), anyText), { maxKeys: 2 }),
    path: fc.constantFrom(...DIGESTS.map((digest) => `${digest}-${name}-1`)),
    priority: fc.constantFrom(4, 5),
    requested: anyText,
  });

const anyGeneration = fc
  .record({
    packages: fc.subarray(["a", "b", "c", "d", "e", "f"]).chain((names) => fc.tuple(...names.map(anyPackage))),
    reason: anyText,
    more: fc.dictionary(fc.constantFrom("more", "packages2"), fc.array(fc.record({ text: anyText }), { maxLength: 2 })),
  })
  .map(({ packages, reason, more }) => {
    const head = { format: 1, generation: 2, profile: "default", created: "2026-01-02T03:04:05.000Z" };
    const rest = { parent: 1, reason, transaction: 2, path: `${DIGESTS[0]}-profile-default` };
    return parseGeneration(JSON.stringify({ ...head, ...rest, packages, ...more }), "gen-2.json");
  });

const printed = (generation: Generation) => ({ bytes: Buffer.from(printGeneration(generation)), source: "a record" });
const difference = (before: Generation, after: Generation) => generationDifference(printed(before), printed(after));

describe("the difference of two generations", () => {
  it("is that of all their packages, in what is told and in what is logged", () => {
    const logged = (items: Generation["packages"]) =>
      items.map(({ unknown, ...item }) => item as unknown as LogPackage);
    fc.assert(
      fc.property(anyGeneration, anyGeneration, (before, after) => {
        const found = difference(before, after);
        if (!found) {
          // One of them has no packages, which are laid out in another way.
          expect(Math.min(before.packages.length, after.packages.length)).toBe(0);
          return;
        }
        expect({ ...found.before, packages: [] }).toEqual({ ...before, packages: [] });
        expect(diffPackages(found.before.packages, found.after)).toEqual(diffPackages(before.packages, after.packages));
        expect(packageChange(logged(found.before.packages), logged(found.after))).toEqual(
          packageChange(logged(before.packages), logged(after.packages)),
        );
      }),
    );
  });

  it("can do without: the head of a record is all else that it says", () => {
    fc.assert(
      fc.property(anyGeneration, (generation) => {
        const head = generationHead(printed(generation));
        if (generation.packages.length > 0) expect(head).toEqual({ ...generation, packages: [] });
        else expect(head).toBeUndefined();
      }),
    );
    expect(generationHead({ bytes: Buffer.from("{"), source: "a record" })).toBeUndefined();
  });

  it("leaves out what is the same in both", () => {
    fc.assert(
      fc.property(anyGeneration, (generation) => {
        const found = difference(generation, generation);
        expect(found ? [found.before.packages, found.after] : [[], []]).toEqual([[], []]);
      }),
    );
  });

  const [generation] = fc.sample(
    anyGeneration.filter(({ packages }) => packages.length > 1),
    1,
  ) as [Generation];
  const changed = (change: (text: string) => string) =>
    generationDifference(
      { bytes: Buffer.from(change(printGeneration(generation))), source: "gen-1.json" },
      printed(generation),
    );

  it("is not found in records that are laid out in another way", () => {
    expect(changed((text) => JSON.stringify(JSON.parse(text)))).toBeUndefined();
    expect(changed((text) => JSON.stringify(JSON.parse(text), null, 2))).toBeUndefined();
    expect(changed(() => "")).toBeUndefined();
  });

  it.each([
    ["has lost a member", (text: string) => text.replace('"reason"', '"season"')],
    ["has lost a bracket", (text: string) => text.replace(/}\n$/, "")],
    ["has lost a package's name", (text: string) => text.replace(/"name": "\w+"/, '"name": 1')],
    ["has a package on one line", (text: string) => text.replace(/ {2}\{\n[^}]*\{[^}]*\}[^}]*\},\n/, "  {},\n")],
    ["has packages twice", (text: string) => text.replace(/}\n$/, ',\n "packages": []\n}\n')],
    ["is of a newer format", (text: string) => text.replace('"format": 1', '"format": 9')],
  ])("is not found when the first one %s: it is parsed as a whole", (_, change) => {
    expect(change(printGeneration(generation))).not.toBe(printGeneration(generation));
    expect(changed(change)).toBeUndefined();
  });
});
