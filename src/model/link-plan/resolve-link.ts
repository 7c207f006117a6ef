import { type ByteString, fromText } from "../byte-string.ts";
import type { BaseName } from "../ids.ts";
import { childPath, type PlaceInObject, type TreeEntry, type TreeReader } from "./tree-reader.ts";

/** Where a symlink finally leads, without any symlink on the way. */
interface Destination {
  readonly kind: "directory" | "file";
  readonly path: ByteString;
}

/**
 * Follows the target text of a symlink that lies in a directory of an object, as the kernel would (path_resolution(7)).
 * `undefined` when it leaves the object, leads nowhere, or passes more than 40 symlinks. A target that is absolute or
 * climbs above the top stays inside when it names the object by its place in the storeDir.
 */
export type LinkResolver = (directory: PlaceInObject, target: ByteString) => Destination | undefined;

/** The kernel's limit, after which it answers ELOOP. */
const MAX_LINKS = 40;

/** @param storeDir absolute path of the directory that holds the objects; without it absolute targets leave. */
export function createLinkResolver(reader: TreeReader, storeDir: string | undefined): LinkResolver {
  const lookUp = createLookUp(reader);
  const storeDirPrefix = storeDir === undefined ? undefined : `${fromText(storeDir)}/`;

  return ({ baseName, path: start }, target) => {
    // The place reached so far; `undefined` stands for the storeDir itself.
    let path: ByteString | undefined = start;
    let links = 0;
    // What is still to be walked, next part last.
    const parts: ByteString[] = [];

    const enter = (text: ByteString): boolean => {
      if (++links > MAX_LINKS) return false;
      if (!text.startsWith("/")) return pushParts(parts, text);
      if (storeDirPrefix === undefined || !text.startsWith(storeDirPrefix)) return false;
      path = undefined;
      return pushParts(parts, text.slice(storeDirPrefix.length));
    };

    if (!enter(target)) return undefined;
    while (parts.length > 0) {
      const part = parts.pop() as ByteString;
      if (part === "" || part === ".") continue;
      if (path === undefined) {
        if (part !== (baseName as string)) return undefined;
        path = "" as ByteString;
      } else if (part === "..") {
        path = parentPath(path);
      } else {
        const child: ByteString = childPath(path, part);
        const kind = lookUp(baseName, path, part);
        if (kind === undefined) return undefined;
        if (kind === "file") return parts.length === 0 ? { kind, path: child } : undefined;
        if (kind === "directory") path = child;
        else if (!enter(reader.readLink(baseName, child))) return undefined;
      }
    }
    return path === undefined ? undefined : { kind: "directory", path };
  };
}

function pushParts(parts: ByteString[], text: string): true {
  const added = text.split("/") as ByteString[];
  for (let at = added.length - 1; at >= 0; at--) parts.push(added[at] as ByteString);
  return true;
}

/** The directory that holds `path`; `undefined`, the storeDir, for the top. */
function parentPath(path: ByteString): ByteString | undefined {
  if (path === "") return undefined;
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) as ByteString;
}

type LookUp = (baseName: BaseName, directory: ByteString, name: ByteString) => TreeEntry["kind"] | undefined;

/** The kind of an entry; remembers each directory that it has listed. */
function createLookUp(reader: TreeReader): LookUp {
  const listings = new Map<string, ReadonlyMap<ByteString, TreeEntry["kind"]>>();
  return (baseName, directory, name) => {
    const key = `${baseName}/${directory}`;
    let listing = listings.get(key);
    if (listing === undefined) {
      listing = new Map(reader.list(baseName, directory).map((entry) => [entry.name, entry.kind]));
      listings.set(key, listing);
    }
    return listing.get(name);
  };
}
