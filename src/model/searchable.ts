import { StoreError } from "../errors.ts";

/**
 * A directory in which shells are to find programs: a `:` would end it in PATH and its like, and nothing can take that
 * meaning away.
 * @throws StoreError INVALID_INPUT with `hint`, also where the system takes no paths as long
 */
export function searchableDirectory(directory: string, hint: string): string {
  const reason = directory.includes(":")
    ? "has a ':', which no directory of a search path can have"
    : tooLong(directory);
  if (reason === undefined) return directory;
  throw new StoreError("INVALID_INPUT", `'${directory}' ${reason}`, { hint, details: { directory } });
}

/** NAME_MAX and PATH_MAX of Linux, in bytes; the latter counts a zero byte. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 4095;
/** What stands in such a directory has a name of this many bytes at most, that of a profile. */
const NAME_WITHIN = 64;

/** Why the system would take no path of something in a directory; `undefined` when it does. */
export function tooLong(directory: string): string | undefined {
  const longest = Math.max(...directory.split("/").map((name) => Buffer.byteLength(name)));
  if (longest > LONGEST_NAME) return `has a name of ${longest} bytes; the system takes at most ${LONGEST_NAME}`;
  const most = LONGEST_PATH - "/".length - NAME_WITHIN;
  const length = Buffer.byteLength(directory);
  return length > most ? `has ${length} bytes; the system takes at most ${most}` : undefined;
}
