import { type ByteString, fromText } from "../../model/byte-string.ts";
import { type ListedPlace, listedPlaces } from "../../model/file-list.ts";
import type { BaseName } from "../../model/ids.ts";
import { LONGEST_PATH } from "../../model/tree-bounds.ts";
import { readTextIfFile } from "../../system/atomic-file.ts";
import { fileListPath, type Layout, objectPath, poolPath } from "../layout.ts";

/** What the file list of an object tells of where things lie. */
export interface ListedObject {
  /** The files of the pool, by the paths of the object's own. */
  readonly pooled: Map<ByteString, string>;
  /** The names in each of its directories. */
  readonly names: ReadonlyMap<ByteString, ReadonlySet<string>>;
}

/** `undefined` when the list cannot be read. */
export function readListedObject(
  places: Pick<Layout, "files" | "manifests" | "storeDir">,
  object: BaseName,
): ListedObject | undefined {
  const listed = listedPlaces(readTextIfFile(fileListPath(places, object)) ?? NO_LIST)?.filter(({ path }) =>
    canBeBelow(path),
  );
  if (!listed) return undefined;
  const tree = fromText(objectPath(places, object));
  const pooled = new Map<ByteString, string>();
  for (const { path, pooled: file } of listed)
    if (file) pooled.set(`${tree}/${path}` as ByteString, poolPath(places, file.id, file.executable));
  return { pooled, names: namesBelow(tree, listed) };
}

function namesBelow(tree: ByteString, listed: readonly ListedPlace[]): Map<ByteString, ReadonlySet<string>> {
  const names = new Map<ByteString, Set<string>>([[tree, new Set()]]);
  for (const { path } of listed) {
    for (let place = `${tree}/${path}`; place.length > tree.length; ) {
      const slash = place.lastIndexOf("/");
      const directory = place.slice(0, slash) as ByteString;
      const known = names.get(directory);
      if (known) known.add(place.slice(slash + 1));
      else names.set(directory, new Set([place.slice(slash + 1)]));
      if (known) break;
      place = directory;
    }
  }
  return names;
}

/** Whether no part of a path leads elsewhere, and an object can have it. */
function canBeBelow(path: ByteString): boolean {
  return path.length <= LONGEST_PATH && !/\0|[^/]{256}/.test(path) && !/\/\.{0,2}\//.test(`/${path}/`);
}

/** A text that is none. */
const NO_LIST = "?";
