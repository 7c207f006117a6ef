/** One cell: text of known width, and what is printed for it. */
export interface Cell {
  /** ASCII, except in the last column. */
  readonly text: string;
  readonly paint?: (text: string) => string;
  readonly align?: "right";
}

const GAP = "  ";

/** Lines of a table whose columns are as wide as their widest cell. The last column is not filled up. */
export function formatTable(rows: readonly (readonly Cell[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, { text }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length);
  return rows.map((row) => {
    const cells = row.map((cell, at) => formatCell(cell, at === row.length - 1 ? 0 : (widths[at] ?? 0)));
    return cells.join(GAP).trimEnd();
  });
}

function formatCell({ text, paint, align }: Cell, width: number): string {
  const space = " ".repeat(Math.max(0, width - text.length));
  const shown = paint && text !== "" ? paint(text) : text;
  return align === "right" ? `${space}${shown}` : `${shown}${space}`;
}
