import type { ByteString } from "../byte-string.ts";
import type { BaseName } from "../ids.ts";

/** One entry of a directory of a store object, which holds nothing but these three kinds. */
export interface TreeEntry {
  readonly name: ByteString;
  readonly kind: "directory" | "file" | "link";
}

/** A path in a store object: relative to its top, components joined by "/", no symlink on the way; "" is the top. */
export interface PlaceInObject {
  readonly baseName: BaseName;
  readonly path: ByteString;
}

/** What planning needs to see of the packages. Paths are as in `PlaceInObject`. */
export interface TreeReader {
  /** The entries of a directory, in any order. */
  list(baseName: BaseName, path: ByteString): readonly TreeEntry[];
  /** The target text of a symlink. */
  readLink(baseName: BaseName, path: ByteString): ByteString;
  /** Whether two regular files have the same bytes and the same executable bit. */
  sameContent(a: PlaceInObject, b: PlaceInObject): boolean;
}

/** The path of `name` in a directory; `directory` may be "", the top. */
export function childPath(directory: ByteString, name: ByteString): ByteString {
  return directory === "" ? name : (`${directory}/${name}` as ByteString);
}
