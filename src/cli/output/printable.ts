/**
 * Text that came from outside, made harmless for a terminal: control characters, invisible formatting and marks that
 * change the direction of writing become visible escapes. Line breaks stay only where `lines` is set.
 */
export function printable(text: string, { lines = false }: { readonly lines?: boolean } = {}): string {
  // As most text is. To make the expression below takes longer than what a command says altogether.
  if ((lines ? PLAIN_LINES : PLAIN).test(text)) return text;
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) =>
    lines && character === "\n" ? character : visible(character),
  );
}

const PLAIN = /^[ -~]*$/;
const PLAIN_LINES = /^[ -~\n]*$/;

/** The same for JSON, which stays the same value: only what JSON itself leaves bare is escaped. */
export function printableJson(json: string): string {
  return json.replace(BARE_IN_JSON, escape16);
}

const BARE_IN_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function visible(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u{${code.toString(16)}}`;
}

function escape16(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
