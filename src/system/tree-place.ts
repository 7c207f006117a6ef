import { lstatSync, readdirSync, type Stats } from "node:fs";
import { isErrno } from "../errors.ts";
import { type ByteString, fromText, isAscii, toBytes } from "../model/byte-string.ts";

/** A path, and whether it is ASCII: names are looked at for that, not whole paths again and again. */
export interface Place {
  readonly path: ByteString;
  readonly isPlain: boolean;
}

/** Hears of a place what it was when it was looked at. */
export type Visit = (status: Stats, path: ByteString) => void;

export function placeOf(text: string): Place {
  const path = fromText(text);
  return { path, isPlain: isAscii(path) };
}

export function below({ path, isPlain }: Place, name: string): Place {
  return { path: `${path}/${name}` as ByteString, isPlain: isPlain && isAscii(name) };
}

export function fsPathOf({ path, isPlain }: Place): string | Buffer {
  return isPlain ? path : toBytes(path);
}

const IF_THERE = { throwIfNoEntry: false } as const;

export function statusAt(place: Place): Stats | undefined {
  return lstatSync(fsPathOf(place), IF_THERE);
}

/** Of a directory that is gone none. */
export function namesIn(place: Place): string[] {
  try {
    return readdirSync(fsPathOf(place), "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** A superuser mostly reads, and writes to, directories that say nobody may. */
export const IGNORES_MODES = process.geteuid?.() === 0;
