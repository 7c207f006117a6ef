import { formatSize } from "../../model/size.ts";
import type { CheckedBuild } from "../../operations/building/check-build.ts";
import type { RebuildReason } from "../../operations/building/why-rebuild.ts";
import { causeLines } from "./cause-lines.ts";
import { expectedTimeLine } from "./expected-time.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";
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
  const open = reasons.filter(({ state }) => state !== "present");
  return [...rebuildLines(reasons, style), ...fetches, ...expectedTimeLine(open)];
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

/** Whether builds came out the same; one line each, one for each file that differs, and what diffoscope says of it. */
export function checkLines(checks: readonly CheckedBuild[]): string[] {
  return checks.flatMap(({ id, same, differences, reports, unreported }) => [
    `${printable(id)}  ${same ? "builds the same again" : "comes out differently"}`,
    ...differences.flatMap(({ path, what }) => [
      `  ${printable(path)}: ${what}`,
      ...reports.filter((report) => report.path === path).flatMap(({ text }) => reportLines(text)),
    ]),
    ...(unreported > 0 ? [`  diffoscope was not asked about the last ${unreported} of them`] : []),
  ]);
}

function reportLines(text: string): string[] {
  return text.split("\n").flatMap((line) => (line === "" ? [] : [`  | ${printable(line)}`]));
}
