import { toEscaped } from "../../model/byte-string.ts";
import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import type { SettledFinding } from "../../model/verify/finding.ts";
import type { VerifyResult } from "../../operations/upkeep/verify.ts";
import { formatLocalTime } from "./local-time.ts";
import { printable } from "./printable.ts";
import type { Mark, Style } from "./style.ts";

/** One line for each finding, then what was checked. */
export function verifyLines(
  { checked, continued, damaged, repaired, leftovers }: VerifyResult,
  style: Style,
): string[] {
  const { objects, files, bytes, generations, logRecords } = checked;
  const parts = [
    formatCount(objects, "object"),
    `${formatCount(files, "file")}${bytes > 0 ? ` (${formatSize(bytes)} read)` : ""}`,
    ...(generations > 0 ? [formatCount(generations, "generation")] : []),
    ...(logRecords > 0 ? [formatCount(logRecords, "log record")] : []),
  ];
  return [
    ...[...damaged, ...repaired, ...leftovers].map((finding) => findingLine(finding, style)),
    `checked ${parts.join(", ")}`,
    ...(continued === null ? [] : [`went on where the run of ${formatLocalTime(new Date(continued))} was stopped`]),
    summary({ damaged, repaired, leftovers }, style),
  ];
}

/** The result with paths as text: names are bytes. */
export function toJson(result: VerifyResult): object {
  const textOf = (findings: readonly SettledFinding[]) =>
    findings.map(({ path, ...finding }) => ({ ...finding, ...(path !== undefined && { path: toEscaped(path) }) }));
  const { damaged, repaired, leftovers } = result;
  return { ...result, damaged: textOf(damaged), repaired: textOf(repaired), leftovers: textOf(leftovers) };
}

function findingLine(finding: SettledFinding, { paint }: Style): string {
  const [mark, outcome] = outcomeText(finding);
  return `${printable(finding.subject)} ${printable(finding.reason)}${outcome === "" ? "" : paint(mark, `: ${printable(outcome)}`)}`;
}

function outcomeText({ outcome }: SettledFinding): readonly [Mark, string] {
  switch (outcome.state) {
    case "found":
      return ["faint", ""];
    case "repaired":
      return ["added", `repaired, ${outcome.from}`];
    case "no-source":
      return ["removed", `no source. ${outcome.hint}`];
    case "failed":
      return ["removed", `still bad: ${outcome.reason}`];
  }
}

function summary(
  { damaged, repaired, leftovers }: Pick<VerifyResult, "damaged" | "repaired" | "leftovers">,
  { paint }: Style,
): string {
  const left = leftovers.filter(({ outcome }) => outcome.state !== "repaired").length;
  const mended = repaired.length + leftovers.length - left;
  const counts = [
    ...(mended > 0 ? [`${mended} repaired`] : []),
    ...(left > 0 ? [formatCount(left, "harmless leftover")] : []),
  ];
  if (damaged.length === 0) return [paint("added", "nothing is damaged"), ...counts].join(", ");
  return [paint("removed", `${formatCount(damaged.length, "thing")} damaged`), ...counts].join(", ");
}
