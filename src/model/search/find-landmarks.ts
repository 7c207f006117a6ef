/** What is told of bytes that are searched for mentions of a store: the places, and nothing of what follows there. */
export interface Landmarks {
  /** `PKGS` begins at `at`: behind it the padding of a storeDir goes on, before it lies the path of its store. */
  storeDir(at: number): void;
  /** At `at` 32 characters of base32 begin, or 32 times `ZERO`, and "-" stands behind them: the name of an object may. */
  digits(at: number): void;
}

export type FindLandmarks = (bytes: Buffer, found: Landmarks) => void;

/** How what follows the path of the store begins in every storeDir. */
export const PKGS = "/pkgs_";

/** "0". */
export const ZERO = 0x30;

const MINUS = 0x2d;
const DIGITS = 32;

/** Finds them one byte after the other. `createSearchRoom` makes what finds the same in less time. */
export function findLandmarks(bytes: Buffer, found: Landmarks): void {
  for (let at = bytes.indexOf(PKGS); at >= 0; at = bytes.indexOf(PKGS, at + 1)) found.storeDir(at);
  findDigits(bytes, (at) => found.digits(at));
}

/** Looks at about every 32nd byte (the search of Nix's `RefScanSink`). */
export function findDigits(bytes: Buffer, found: (at: number) => void): void {
  const last = bytes.length - DIGITS - 1;
  for (let at = 0; at <= last; ) {
    const gap = lastOther(bytes, at);
    if (gap >= 0) {
      at = gap + 1;
      continue;
    }
    const end = runEnd(bytes, at + DIGITS);
    if (bytes[end] === MINUS && areDigits(bytes, end - DIGITS)) found(end - DIGITS);
    at = end + 1;
  }
}

/** The last position in the window of 32 bytes whose byte is no digit of any name, or -1. */
function lastOther(bytes: Buffer, at: number): number {
  for (let position = at + DIGITS - 1; position >= at; position--) {
    if (DIGIT[bytes[position] as number] === 0) return position;
  }
  return -1;
}

/** Where the run of digits ends that holds the byte before `at`: its last 32 can be those of a name. */
function runEnd(bytes: Buffer, at: number): number {
  let end = at;
  while (end < bytes.length && DIGIT[bytes[end] as number] === 1) end += 1;
  return end;
}

function areDigits(bytes: Buffer, at: number): boolean {
  const isZero = bytes[at] === ZERO;
  for (let position = at; position < at + DIGITS; position++) {
    const byte = bytes[position] as number;
    if (isZero ? byte !== ZERO : BASE32[byte] === 0) return false;
  }
  return true;
}

/** How many bytes a name can have: pieces of a stream overlap by this, so that no name is cut. */
export const LONGEST_BASE_NAME = 242;

/** What may be a name whose digits begin at `at`, as long as one can be. */
export function baseNameAt(bytes: Buffer, at: number): string {
  let end = at + DIGITS + 1;
  const limit = Math.min(bytes.length, at + LONGEST_BASE_NAME);
  while (end < limit && NAME_BYTE[bytes[end] as number] === 1) end += 1;
  return bytes.toString("latin1", at, end);
}

const BASE32 = tableOf("abcdefghijklmnopqrstuvwxyz234567");
const DIGIT = tableOf("abcdefghijklmnopqrstuvwxyz0234567");
const NAME_BYTE = tableOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@_+.~-");

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
