import { matchTime } from "../../model/time-expression.ts";

/** A hint with a trailing space where `word` belongs to a time that is written without quotes: `--at 2 hours ago`. */
export function quoteTime(argv: readonly string[], word: string): string {
  const words = argv.map((each) => each.replace(/^--[^=]+=/, ""));
  const at = words.indexOf(word);
  for (let start = 0; start < at; start += 1) {
    for (let end = words.length; end > at; end -= 1) {
      const text = words.slice(start, end).join(" ");
      if (isTime(text)) return `Put '${text}' in quotes: it must be one word here. `;
    }
  }
  return "";
}

function isTime(text: string): boolean {
  try {
    return matchTime(text) !== undefined;
  } catch {
    // It has the form of one.
    return true;
  }
}
