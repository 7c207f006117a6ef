import type { ByteString } from "../../model/byte-string.ts";
import { archiveError, type Extraction } from "./extraction.ts";

export interface EntryPathOptions {
  /** Leading components to take off, counted as GNU tar does: `./` is one. */
  readonly strip: number;
  /** What the name is, for errors: the entry's own, or the one that a hard link points to. */
  readonly of: "name" | "hard link target";
}

const LONGEST_NAME = 4095;
const UNUSUAL_COMPONENT = /(^|\/)\.{0,2}(\/|$)/;

/**
 * Where the entry of this name goes: a path relative to the target without `.`, `..` and empty components, `""` for the
 * target itself, `undefined` when nothing is left after stripping.
 *
 * @throws StoreError ARCHIVE for a name that is absolute, has a `..` component or a NUL, or is longer than any path
 */
export function parseEntryPath(run: Extraction, name: ByteString, options: EntryPathOptions): ByteString | undefined {
  if (name.includes("\0")) throw archiveError(run, `has a NUL in its ${options.of}`);
  if (name.startsWith("/")) throw archiveError(run, `has an absolute ${options.of}`);
  if (name.length > LONGEST_NAME) throw archiveError(run, `has a ${options.of} of ${name.length} bytes`);
  if (options.strip === 0 && !UNUSUAL_COMPONENT.test(name)) return name;
  const components = name.split("/").filter((component) => component !== "");
  if (components.includes("..")) throw archiveError(run, `has '..' in its ${options.of}`);
  if (options.strip > 0 && components.length <= options.strip) return undefined;
  const kept = components.slice(options.strip).filter((component) => component !== ".");
  return kept.join("/") as ByteString;
}
