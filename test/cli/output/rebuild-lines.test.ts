import { expect, test } from "vitest";
import { checkLines, forecastLines, rebuildLines } from "../../../src/cli/output/rebuild-lines.ts";
import { createStyle } from "../../../src/cli/output/style.ts";
import type { CheckedBuild } from "../../../src/operations/building/check-build.ts";
import type { RebuildReason } from "../../../src/operations/building/why-rebuild.ts";

const style = createStyle({ hasColor: false, hasUnicode: true });

const PRESENT = {
  id: "gmp@6",
  name: "gmp",
  version: "6",
  options: {},
  state: "present",
  why: undefined,
  differences: [],
  waitsFor: [],
  chains: [],
  expectedSeconds: undefined,
  output: undefined,
  fetch: [],
} as unknown as RebuildReason;

const missing = (changes: Partial<RebuildReason>): RebuildReason => ({ ...PRESENT, state: "missing", ...changes });
const leaf = { causes: [] };

test("what changed is told with its values when these are short, and what lies behind an input below it", () => {
  const differences = [
    { member: "env.CFLAGS", before: "-O2", after: "-O3", ...leaf },
    { member: "env.NEW", before: undefined, after: "", ...leaf },
    { member: "options.x", before: true, after: undefined, ...leaf },
    { member: "phases.build", before: "a\nb", after: "c", ...leaf },
    {
      member: "inputs.m4",
      before: { name: "m4", kinds: [], path: "old-m4" },
      after: { name: "m4", kinds: [], path: "new-m4" },
      causes: [{ member: "version", before: "1", after: "2", ...leaf }],
    },
  ];
  expect(rebuildLines([missing({ why: "changed", differences, expectedSeconds: 61 })], style)).toEqual([
    "gmp@6  must be built  (took 1 min 1 s last time)",
    "  env.CFLAGS changed: -O2 → -O3",
    "  env.NEW is new: (empty)",
    "  options.x is gone: true",
    "  phases.build changed",
    "  inputs.m4 changed: old-m4 → new-m4",
    "    version changed: 1 → 2",
  ]);
});

test.each([
  ["never", "was never built here"],
  ["gone", "was built, but is not in the store any more"],
  ["unsandboxed", "is in the store, but was built without a sandbox"],
] as const)("%s is told as such", (why, text) => {
  expect(rebuildLines([missing({ why })], style)).toEqual([`gmp@6  ${text}`]);
});

test("a forecast tells chains, downloads and the time of what was built before", () => {
  const url = "https://example.org/\x1b[2J";
  const reasons = [
    missing({
      why: "never",
      fetch: [
        { url, bytes: 2048 },
        { url: "npm:x@1", bytes: undefined },
      ],
    }),
    { ...PRESENT, id: "mpfr@4", state: "open", chains: [["gmp@6", "mpfr@4"]], expectedSeconds: 2 } as RebuildReason,
  ];
  expect(forecastLines(reasons, style)).toEqual([
    "gmp@6  was never built here",
    "mpfr@4  must be built when what it depends on comes out differently  (took 2.0 s last time)",
    "  gmp@6 → mpfr@4",
    "fetch https://example.org/\\x1b[2J  (2.0 KiB) for gmp@6",
    "fetch npm:x@1 for gmp@6",
    "about 2.0 s to build, one after the other, and 1 never built before",
  ]);
  const timed = reasons.map((reason, at) => ({ ...reason, endsAfterSeconds: 3 * at }));
  expect(forecastLines(timed, style).at(-1)).toBe("about 3.0 s to build, and 1 never built before");
  expect(forecastLines([PRESENT], style)).toEqual(["gmp@6  is in the store"]);
});

test("a second build is told with what differs, and with what diffoscope says", () => {
  const same = { id: "a@1", same: true, differences: [], reports: [], unreported: 0 } as unknown as CheckedBuild;
  const other = {
    ...same,
    same: false,
    differences: [
      { path: "bin/a", what: "changed" },
      { path: "bin/b", what: "changed" },
      { path: "bin/c", what: "changed" },
    ],
    reports: [
      { path: "bin/a", text: "--- a\n+++ b\x1b\n" },
      { path: "bin/b", text: "binary\n" },
    ],
    unreported: 1,
  };
  expect(checkLines([same, other as CheckedBuild])).toEqual([
    "a@1  builds the same again",
    "a@1  comes out differently",
    "  bin/a: changed",
    "  | --- a",
    "  | +++ b\\x1b",
    "  bin/b: changed",
    "  | binary",
    "  bin/c: changed",
    "  diffoscope was not asked about the last 1 of them",
  ]);
});
