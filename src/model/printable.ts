/** Text for a terminal: what would move the cursor, change colours or hide is shown as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A command line that a person can paste into a shell, as far as its words are printable. */
export function printableCommand(words: readonly string[]): string {
  return words.map((word) => printable(/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** At most `most` characters; what is longer ends in three dots. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3).replace(/[\ud800-\udbff]$/, "")}...`;
}
