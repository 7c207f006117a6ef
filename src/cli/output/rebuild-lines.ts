import type { CheckedBuild } from "../../operations/check-build.ts";
import type { RebuildReason } from "../../operations/inspect-build.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";

/** What would be built, and why; one line a package, and one for each difference. */
export function rebuildLines(reasons: readonly RebuildReason[]): string[] {
  return reasons.flatMap(linesOf);
}

function linesOf({ id, state, differences, waitsFor, expectedSeconds }: RebuildReason): string[] {
  const took = expectedSeconds === undefined ? "" : `  (took ${formatDuration(expectedSeconds * 1000)} last time)`;
  switch (state) {
    case "present":
      return [`${printable(id)}  is in the store`];
    case "open":
      return [`${printable(id)}  depends on what ${printable(waitsFor.join(", "))} comes out as${took}`];
    case "missing": {
      const why = differences.length === 0 ? "was never built" : "must be built";
      return [`${printable(id)}  ${why}${took}`, ...differences.map(({ member }) => `  ${printable(member)} changed`)];
    }
  }
}

/** Whether builds came out the same; one line each, and one for each file that differs. */
export function checkLines(checks: readonly CheckedBuild[]): string[] {
  return checks.flatMap(({ id, same, differences }) => [
    `${printable(id)}  ${same ? "builds the same again" : "comes out differently"}`,
    ...differences.map(({ path, what }) => `  ${printable(path)}: ${what}`),
  ]);
}
