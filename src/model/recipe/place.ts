/** A position in a text file; lines and columns count from 1, columns in UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a text value stands: the start of each of its lines, as far as the source keeps the lines apart. */
export interface Where {
  readonly file: string;
  readonly lines: readonly { readonly line: number; readonly column: number }[];
}

/** The place of the character at `offset` of `text`; the start of the text where the source does not tell. */
export function placeAt(where: Where, text: string, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
  const start = where.lines[before.length - 1];
  if (start !== undefined) {
    return { file: where.file, line: start.line, column: start.column + (before.at(-1) as string).length };
  }
  return startOf(where);
}

export function startOf(where: Where): Place {
  const { line, column } = where.lines[0] ?? { line: 1, column: 1 };
  return { file: where.file, line, column };
}
