/**
 * A file name or path as bytes: one character per byte (U+0000 to U+00FF). Comparing two of them with `<` compares
 * bytes, they work as `Map` keys, and no name is lost that is not UTF-8.
 */
export type ByteString = string & { readonly __brand: "ByteString" };

/** The bytes of `text` in UTF-8. */
export function fromText(text: string): ByteString {
  return (isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1")) as ByteString;
}

export function fromBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as ByteString;
}

export function toBytes(name: ByteString): Buffer {
  return Buffer.from(name, "latin1");
}

/** What `node:fs` takes for this path: the string itself while it is ASCII, otherwise its bytes. */
export function toFsPath(path: ByteString): string | Buffer {
  return isAscii(path) ? path : toBytes(path);
}

/**
 * Readable text that names exactly these bytes: UTF-8 where it is valid and visible, `%XX` for every other byte and
 * for `%` itself. `parseEscaped` is the inverse.
 */
export function toEscaped(name: ByteString): string {
  if (PLAIN.test(name)) return name;
  let text = "";
  const bytes = toBytes(name);
  for (let at = 0; at < bytes.length; ) {
    const length = utf8Length(bytes, at);
    const character = bytes.toString("utf8", at, at + length);
    text += length > 0 && isPrintable(character) ? character : percent(bytes[at] as number);
    at += length > 0 && isPrintable(character) ? length : 1;
  }
  return text;
}

/** Stands for itself: printable ASCII without `%`. */
const PLAIN = /^[\x20-\x24\x26-\x7e]*$/;

/** The inverse of `toEscaped`; `undefined` when `text` is not in that form. */
export function parseEscaped(text: string): ByteString | undefined {
  if (PLAIN.test(text)) return text as ByteString;
  let name = "";
  for (let at = 0; at < text.length; ) {
    if (text[at] !== "%") {
      const character = String.fromCodePoint(text.codePointAt(at) as number);
      name += Buffer.from(character, "utf8").toString("latin1");
      at += character.length;
      continue;
    }
    const hex = text.slice(at + 1, at + 3);
    if (!/^[0-9A-F]{2}$/.test(hex)) return undefined;
    name += String.fromCharCode(Number.parseInt(hex, 16));
    at += 3;
  }
  return toEscaped(name as ByteString) === text ? (name as ByteString) : undefined;
}

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
  return /^[\x00-\x7f]*$/.test(text);
}

/**
 * Controls, separators of lines, marks of direction and other characters without a picture. Ranges, since properties
 * such as "unassigned" change with the version of Unicode, and what one Node wrote another must read.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\u{e0000}-\u{e0fff}]/u;

function isPrintable(character: string): boolean {
  return character !== "%" && !INVISIBLE.test(character);
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Length of the well-formed UTF-8 sequence at `at`, or 0 (RFC 3629). */
function utf8Length(bytes: Buffer, at: number): number {
  const lead = bytes[at] as number;
  const length =
    lead < 0x80
      ? 1
      : lead >= 0xc2 && lead < 0xe0
        ? 2
        : lead >= 0xe0 && lead < 0xf0
          ? 3
          : lead >= 0xf0 && lead < 0xf5
            ? 4
            : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  return Buffer.from(bytes.toString("utf8", at, at + length), "utf8").equals(bytes.subarray(at, at + length))
    ? length
    : 0;
}
