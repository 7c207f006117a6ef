import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import type { GenerationDifference } from "../../operations/history/diff.ts";
import { printable } from "./printable.ts";
import { differenceLines } from "./show-change.ts";
import type { Style } from "./style.ts";

/** What differs between two generations, and how much both take. */
export function diffLines(difference: GenerationDifference, style: Style): string[] {
  const lines = differenceLines(difference, style);
  return [
    style.paint("strong", `gen-${difference.from} ${style.arrow} gen-${difference.to}`),
    ...(lines.length === 0 ? ["no difference"] : lines),
    ...fileLines(difference, style),
    closureLine(difference, style),
  ];
}

function fileLines({ files }: GenerationDifference, { paint }: Style): string[] {
  if (!files) return [];
  const { added, removed, changed } = files;
  return [
    `files: ${added.length} added, ${removed.length} removed, ${changed.length} changed`,
    ...added.map((path) => paint("added", `  + ${printable(path)}`)),
    ...removed.map((path) => paint("removed", `  - ${printable(path)}`)),
    ...changed.map((path) => paint("changed", `  ~ ${printable(path)}`)),
  ];
}

function closureLine({ closure: { from, to } }: GenerationDifference, { arrow, paint }: Style): string {
  const by = to.bytes - from.bytes;
  const growth = `${by < 0 ? "-" : "+"}${formatSize(Math.abs(by))}`;
  const missing = new Set([...from.missing, ...to.missing]).size;
  const incomplete = missing === 0 ? "" : `, without ${formatCount(missing, "object")} that the store no longer holds`;
  const objects = `${from.objects} ${arrow} ${formatCount(to.objects, "object")}`;
  return paint(
    "faint",
    `closure: ${formatSize(from.bytes)} ${arrow} ${formatSize(to.bytes)} (${growth}), ${objects}${incomplete}`,
  );
}
