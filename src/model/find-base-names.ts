/** Length in characters of a digest in base32. */
const DIGEST_LENGTH = 32;

/**
 * Every text in `bytes` that may be the name of a store object: 32 characters of base32, "-", and up to 209 characters
 * that names and versions consist of. The name can be longer than the object's: callers look for the object whose base
 * name is a prefix. Looks at about every 32nd byte (the search of Nix's `RefScanSink`).
 */
export function findBaseNames(bytes: Buffer, found: Set<string>): void {
  const last = bytes.length - DIGEST_LENGTH - 1;
  for (let at = 0; at <= last; ) {
    const gap = lastOther(bytes, at);
    if (gap >= 0) {
      at = gap + 1;
      continue;
    }
    const end = runEnd(bytes, at + DIGEST_LENGTH);
    if (bytes[end] === 0x2d) found.add(nameAt(bytes, end - DIGEST_LENGTH));
    at = end + 1;
  }
}

/** How many bytes a name can have: pieces of a stream overlap by this, so that no name is cut. */
export const LONGEST_BASE_NAME = 242;

/** The last position in the window of 32 bytes whose byte is no base32 character, or -1. */
function lastOther(bytes: Buffer, at: number): number {
  for (let position = at + DIGEST_LENGTH - 1; position >= at; position--) {
    if (BASE32[bytes[position] as number] === 0) return position;
  }
  return -1;
}

/** Where the run of base32 characters ends that holds the byte before `at`: its last 32 can be a digest. */
function runEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length && BASE32[bytes[end] as number] === 1) end += 1;
  return end;
}

function nameAt(bytes: Buffer, at: number): string {
  let end = at + DIGEST_LENGTH + 1;
  const limit = Math.min(bytes.length, at + LONGEST_BASE_NAME);
  while (end < limit && NAME_BYTE[bytes[end] as number] === 1) end += 1;
  return bytes.toString("latin1", at, end);
}

const BASE32 = tableOf("abcdefghijklmnopqrstuvwxyz234567");
const NAME_BYTE = tableOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@_+.~-");

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
