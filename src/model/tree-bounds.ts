import { StoreError } from "../errors.ts";
import { type ByteString, toEscaped } from "./byte-string.ts";

/**
 * What an object may hold. Whoever walks over one may recurse, and its paths stay short enough for every system call
 * wherever it lies in a store: in the storeDir, in `tmp/`, in the trash.
 */
const DEEPEST = 512;

/** In bytes. */
export const LONGEST_PATH = 3072;

/** What is too much about a path in an object: goes on with a sentence about it. */
export function beyondBounds(path: ByteString): string | undefined {
  if (path.length > LONGEST_PATH) return `has a path of ${path.length} bytes; an object may have ${LONGEST_PATH}`;
  // Each directory takes a letter and a slash.
  if (path.length <= 2 * DEEPEST) return undefined;
  const directories = path.split("/").length - 1;
  return directories > DEEPEST ? `lies ${directories} directories deep; in an object it may be ${DEEPEST}` : undefined;
}

/** @throws StoreError INVALID_INPUT for a path that an object may not have */
export function refuseBeyondBounds(path: ByteString): void {
  const fault = beyondBounds(path);
  if (fault === undefined) return;
  const shown = `${toEscaped(path.slice(0, LONGEST_SHOWN) as ByteString)}…`;
  throw new StoreError("INVALID_INPUT", `${shown} ${fault}`, {
    hint: "Use shorter names and fewer directories.",
    details: { path: toEscaped(path) },
  });
}

const LONGEST_SHOWN = 200;
