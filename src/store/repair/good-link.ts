import { readlinkSync } from "node:fs";
import { type ByteString, fromBytes, fromText, toBytes, toEscaped, toFsPath } from "../../model/byte-string.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import { hashLinkTarget } from "../../model/git-object.ts";
import { type BaseName, zeroBaseName } from "../../model/ids.ts";
import { canonicalising, localising, type Replacement, replaceInPlace, replacements } from "../../model/rewrite.ts";
import { directoriesOfList } from "../../model/verify/compare-tree.ts";
import { guessLinkTarget } from "../../model/verify/guess-link.ts";
import type { Store } from "../open-store.ts";
import type { ObtainedTree } from "./good-file.ts";
import type { LocatedEntry } from "./locate.ts";
import { placeIn } from "./place.ts";

export interface WantedLink {
  readonly object: BaseName;
  readonly entry: FileListEntry;
  /** All entries of the object. */
  readonly siblings: readonly FileListEntry[];
  /** Where links with this target lie. */
  readonly places: readonly LocatedEntry[];
  readonly obtain: (object: BaseName) => Promise<ObtainedTree | undefined>;
}

/** Finds the target that a link had, in local form, and where it was found. */
export async function findLinkTarget(
  store: Store,
  wanted: WantedLink,
): Promise<{ readonly target: ByteString; readonly from: string } | undefined> {
  const { object, entry, siblings, places } = wanted;
  const forms = { canonicalStoreDir: store.layout.canonicalStoreDir, localStoreDir: store.layout.storeDir };
  const local = (target: ByteString) => rewritten(target, localising(forms, object));
  for (const place of places) {
    const target = readCanonical(placeIn(store, place.object, place.entry.path), canonicalising(forms, place.object));
    if (target !== undefined && hashLinkTarget(target) === entry.id)
      return { target: local(target), from: `from ${place.object}/${toEscaped(place.entry.path)}` };
  }
  const twin = `${fromText(store.layout.twins)}/${object}/${entry.path}` as ByteString;
  const own = readCanonical(twin, replacements([[object, zeroBaseName(object)]]));
  if (own !== undefined && hashLinkTarget(own) === entry.id) return { target: local(own), from: `from the twin` };
  const known = { paths: siblings.map(({ path }) => path), directories: directoriesOfList(siblings) };
  const guessed = guessLinkTarget(entry.path, entry.id, known);
  if (guessed !== undefined) return { target: guessed, from: "by its hash, among the names in the object" };
  const tree = await wanted.obtain(object);
  const obtained =
    tree && readCanonical(`${fromText(tree.directory)}/${entry.path}` as ByteString, canonicalising(forms, object));
  if (tree && obtained !== undefined && hashLinkTarget(obtained) === entry.id)
    return { target: local(obtained), from: tree.from };
  return undefined;
}

function readCanonical(path: ByteString, canonicalise: readonly Replacement[]): ByteString | undefined {
  try {
    return rewritten(readlinkSync(toFsPath(path), "latin1") as ByteString, canonicalise);
  } catch {
    // Not there, or no link: it cannot help.
    return undefined;
  }
}

function rewritten(target: ByteString, list: readonly Replacement[]): ByteString {
  const bytes = toBytes(target);
  replaceInPlace(bytes, list);
  return fromBytes(bytes);
}
