import type { CheckedBuild } from "../../operations/building/check-build.ts";
import type { RebuildReason } from "../../operations/building/why-rebuild.ts";
import { causeLines } from "./cause-lines.ts";
import { printable } from "./printable.ts";
import { formatDuration, formatSize } from "./quantities.ts";
import type { Style } from "./style.ts";

/** What would be built, and why; one line a package, and one for each difference. */
export function rebuildLines(reasons: readonly RebuildReason[], style: Style): string[] {
  return reasons.flatMap((reason) => linesOf(reason, style));
}

/** The same for a dry run: what would be downloaded, too, and how long it took the last time. */
export function forecastLines(reasons: readonly RebuildReason[], style: Style): string[] {
  const fetches = reasons.flatMap(({ id, fetch }) =>
    fetch.map(({ url, bytes }) => {
      const size = bytes === undefined ? "" : `  (${formatSize(bytes)})`;
      return `fetch ${printable(url)}${size} for ${printable(id)}`;
    }),
  );
  return [...rebuildLines(reasons, style), ...fetches, ...totalLine(reasons)];
}

function linesOf(reason: RebuildReason, style: Style): string[] {
  const { state, why, differences, chains, expectedSeconds } = reason;
  const id = printable(reason.id);
  const took = expectedSeconds === undefined ? "" : `  (took ${formatDuration(expectedSeconds * 1000)} last time)`;
  switch (state) {
    case "present":
      return [`${id}  is in the store`];
    case "open": {
      const ways = chains.map((chain) => `  ${chain.map((each) => printable(each)).join(` ${style.arrow} `)}`);
      return [`${id}  must be built when what it depends on comes out differently${took}`, ...ways];
    }
    case "missing":
      return [`${id}  ${MISSING[why ?? "never"]}${took}`, ...causeLines(differences, style)];
  }
}

const MISSING = {
  never: "was never built here",
  changed: "must be built",
  gone: "was built, but is not in the store any more",
  unsandboxed: "is in the store, but was built without a sandbox",
} as const;

function totalLine(reasons: readonly RebuildReason[]): string[] {
  const open = reasons.filter(({ state }) => state !== "present");
  if (open.length === 0) return [];
  const known = open.flatMap(({ expectedSeconds }) => expectedSeconds ?? []);
  if (known.length === 0) return [];
  const time = formatDuration(1000 * known.reduce((sum, seconds) => sum + seconds, 0));
  const unknown = open.length - known.length;
  return [`about ${time} to build, one after the other${unknown === 0 ? "" : `, and ${unknown} never built before`}`];
}

/** Whether builds came out the same; one line each, one for each file that differs, and what diffoscope says. */
export function checkLines(checks: readonly CheckedBuild[]): string[] {
  return checks.flatMap(({ id, same, differences, report = "" }) => [
    `${printable(id)}  ${same ? "builds the same again" : "comes out differently"}`,
    ...differences.map(({ path, what }) => `  ${printable(path)}: ${what}`),
    ...report.split("\n").flatMap((line) => (line === "" ? [] : [`  | ${printable(line)}`])),
  ]);
}
