import { baseNameAt, findDigits, ZERO } from "./find-landmarks.ts";

/**
 * Every text in `bytes` that may be the name of a store object: 32 characters of base32, "-", and up to 209 characters
 * that names and versions consist of. The name can be longer than the object's: callers look for the object whose base
 * name is a prefix.
 */
export function findBaseNames(bytes: Buffer, found: Set<string>): void {
  findDigits(bytes, (at) => {
    if (bytes[at] !== ZERO) found.add(baseNameAt(bytes, at));
  });
}
