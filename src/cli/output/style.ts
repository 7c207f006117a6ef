import { styleText } from "node:util";

/** How things are marked. */
export type Mark = "added" | "removed" | "changed" | "current" | "faint" | "strong" | "error" | "warning";

export interface Style {
  paint(mark: Mark, text: string): string;
  /** `→` where the terminal knows it. */
  readonly arrow: string;
}

const FORMATS = {
  added: "green",
  removed: "red",
  changed: "yellow",
  current: "green",
  faint: "dim",
  strong: "bold",
  error: "red",
  warning: "yellow",
} as const;

export function createStyle(options: { readonly hasColor: boolean; readonly hasUnicode: boolean }): Style {
  return {
    paint: (mark, text) => (options.hasColor ? styleText(FORMATS[mark], text, { validateStream: false }) : text),
    arrow: options.hasUnicode ? "→" : "->",
  };
}
