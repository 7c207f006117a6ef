import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { StoreError } from "../../errors.ts";
import { type ByteString, fromBytes, fromText, toBytes, toEscaped, toFsPath } from "../../model/byte-string.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import { compareEntries, EMPTY_TREE_ID, type GitTreeEntry, hashLinkTarget, hashTree } from "../../model/git-object.ts";
import type { BaseName, TreeId } from "../../model/ids.ts";
import { type Replacement, replaceInPlace } from "../../model/rewrite.ts";
import { findBaseNames } from "../../model/search/find-base-names.ts";
import { hashForms } from "./hash-forms.ts";
import { countFile } from "./pace.ts";
import { toCanonical, type VerifySettings } from "./settings.ts";

/** What a tree in the storeDir is, told from its bytes alone. */
export interface ObjectDescription {
  readonly treeId: TreeId;
  readonly entries: readonly FileListEntry[];
  /** Bytes in regular files. */
  readonly size: number;
  /** Regular files and symlinks. */
  readonly files: number;
  /** Whether anything mentions the storeDir or the object itself. */
  readonly mentions: boolean;
  /** Texts that begin with what may be the name of another object. */
  readonly baseNames: readonly string[];
}

/**
 * Reads the tree at `directory`, which lies there in the local form of `object`.
 * @throws StoreError DAMAGED for what no object can hold; system errors of reading
 */
export function describeObject(settings: VerifySettings, object: BaseName, directory: string): ObjectDescription {
  const work: Work = {
    settings,
    canonicalise: toCanonical(settings, object),
    entries: [],
    baseNames: new Set(),
    found: { size: 0, files: 0, mentions: false },
  };
  const treeId = describeDirectory(work, fromText(directory), "");
  return { treeId, entries: work.entries, baseNames: [...work.baseNames], ...work.found };
}

/** The tree id of a directory as it lies there. */
export function treeIdOfDirectory(settings: VerifySettings, directory: string): TreeId {
  const found = { size: 0, files: 0, mentions: false };
  return describeDirectory(
    { settings, canonicalise: [], entries: [], baseNames: new Set(), found },
    fromText(directory),
    "",
  );
}

interface Work {
  readonly settings: VerifySettings;
  readonly canonicalise: readonly Replacement[];
  readonly entries: FileListEntry[];
  readonly baseNames: Set<string>;
  readonly found: { size: number; files: number; mentions: boolean };
}

function describeDirectory(work: Work, directory: ByteString, prefix: string): TreeId {
  const children = readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" }).map((entry) => ({
    name: entry.name as ByteString,
    mode: entry.isDirectory() ? ("40000" as const) : ("100644" as const),
  }));
  children.sort((a, b) => compareEntries({ ...a, id: "" }, { ...b, id: "" }));
  return hashTree(
    children.map(({ name, mode }): GitTreeEntry => {
      const [place, path] = [`${directory}/${name}`, `${prefix}${name}`] as [ByteString, ByteString];
      if (mode === "40000") return { name, mode, id: describeInner(work, place, path) };
      const entry = describeLeaf(work, place, path);
      work.entries.push(entry);
      return { name, mode: entry.mode, id: entry.id };
    }),
  );
}

function describeInner(work: Work, place: ByteString, path: ByteString): TreeId {
  const id = describeDirectory(work, place, `${path}/`);
  if (id === EMPTY_TREE_ID) work.entries.push({ mode: "40000", id, size: 0, localId: undefined, path });
  return id;
}

function describeLeaf(work: Work, place: ByteString, path: ByteString): FileListEntry {
  const status = lstatSync(toFsPath(place));
  work.found.files += 1;
  countFile(work.settings.pace);
  if (status.isSymbolicLink()) return describeLink(work, place, path);
  if (!status.isFile())
    throw new StoreError("DAMAGED", `${toEscaped(place)} is neither a file, a directory nor a symlink`);
  const fd = openSync(toFsPath(place), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { pace } = work.settings;
    const { local, canonical, size } = hashForms(fd, {
      pace,
      canonicalise: work.canonicalise,
      baseNames: work.baseNames,
    });
    work.found.size += size;
    work.found.mentions ||= canonical !== local;
    const mode = (status.mode & 0o100) === 0 ? "100644" : "100755";
    return { mode, id: canonical as string, size, localId: canonical === local ? undefined : local, path };
  } finally {
    closeSync(fd);
  }
}

function describeLink(work: Work, place: ByteString, path: ByteString): FileListEntry {
  const bytes = toBytes(readlinkSync(toFsPath(place), "latin1") as ByteString);
  findBaseNames(bytes, work.baseNames);
  if (replaceInPlace(bytes, work.canonicalise) > 0) work.found.mentions = true;
  const target = fromBytes(bytes);
  return { mode: "120000", id: hashLinkTarget(target), size: target.length, localId: undefined, path };
}
