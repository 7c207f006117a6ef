import { alignLines, type LinePair, linesOf } from "../../model/side-by-side.ts";
import type { ComparedRun, Comparison } from "../../operations/running/compare.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";
import type { Style } from "./style.ts";
import { textWidth } from "./text-width.ts";

/** Both runs beside each other in so many columns; between them `|` where lines differ, `<` and `>` where one is missing. */
export function comparisonLines({ left, right }: Comparison, style: Style, columns: number): string[] {
  const half = Math.max(1, Math.floor((columns - 3) / 2));
  const row = (pair: LinePair): string => {
    const mark = pair.same ? " " : pair.left === undefined ? ">" : pair.right === undefined ? "<" : "|";
    const line = `${padded(pair.left ?? "", half)} ${mark} ${cut(pair.right ?? "", half)}`.trimEnd();
    return pair.same ? line : style.paint("changed", line);
  };
  const facts = (tell: (run: ComparedRun) => string): LinePair => {
    const [a, b] = [tell(left), tell(right)];
    return { left: a, right: b, same: a === b };
  };
  const head = facts(({ generation }) => `gen-${generation}`);
  return [
    style.paint("strong", row({ ...head, same: true })),
    row(facts(endText)),
    row({ ...facts(({ seconds }) => formatDuration(seconds * 1000)), same: true }),
    style.paint("faint", "-".repeat(half * 2 + 3)),
    ...alignLines(linesOf(left.output), linesOf(right.output)).map(row),
  ];
}

function endText({ exitCode, signal }: ComparedRun): string {
  return signal === null ? `exit ${exitCode}` : `ended by ${signal}`;
}

function padded(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + " ".repeat(Math.max(0, width - textWidth(shown)));
}

/** Tabs become spaces, and what is too wide loses its end. */
function cut(text: string, width: number): string {
  const shown = printable(text.replaceAll("\t", "    ").replace(/\r$/, ""));
  if (textWidth(shown) <= width) return shown;
  let kept = "";
  for (const character of shown) {
    if (textWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
