import { formatCount } from "../../model/format-count.ts";
import { formatSize } from "../../model/size.ts";
import { printable } from "../output/printable.ts";
import { textWidth } from "../output/text-width.ts";
import type { Stage } from "./describe-progress.ts";

/** One line for a stage that has lasted `elapsed` milliseconds, at most `columns` wide. */
export function progressLine(stage: Stage, elapsed: number, columns: number): string {
  const { verb, subject, done, total, count } = stage;
  const parts = [`${verb} ${printable(subject)}`];
  if (done !== undefined && total) parts.push(`${Math.min(100, Math.floor((100 * done) / total))}%`);
  if (done !== undefined) parts.push(total ? `${formatSize(done)} of ${formatSize(total)}` : formatSize(done));
  if (done !== undefined && elapsed >= 1000) parts.push(`${formatSize((1000 * done) / elapsed)}/s`);
  if (count) parts.push(formatCount(count.number, count.noun, count.plural));
  return cut(parts.join("  "), columns);
}

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** At most `columns` wide; what does not fit is left out. */
export function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let width = 1;
  let kept = "";
  for (const { segment } of GRAPHEMES.segment(text)) {
    width += textWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return columns < 1 ? "" : `${kept}…`;
}
