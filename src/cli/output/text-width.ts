import stringWidth from "string-width";

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  return stringWidth(text);
}
