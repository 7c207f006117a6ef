import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { isErrno } from "../../errors.ts";
import { type ByteString, fromBytes, toBytes, toFsPath } from "../../model/byte-string.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import { type Replacement, replaceInPlace } from "../../model/rewrite.ts";
import {
  compareDirectory,
  compareEntry,
  directoriesOfList,
  FROZEN_MS,
  missingFaults,
  type SeenEntry,
  type TreeFault,
} from "../../model/verify/compare-tree.ts";
import { hasAttributes } from "../../system/native-calls.ts";
import { hashForms } from "./hash-forms.ts";
import { isKnownGood, noteGood } from "./inode-table.ts";
import { countFile } from "./pace.ts";
import type { VerifySettings } from "./settings.ts";

export interface TreeToCheck {
  readonly directory: ByteString;
  /** What must be there, in canonical form. */
  readonly entries: readonly FileListEntry[];
  /** Turns what lies there into canonical form. */
  readonly canonicalise: readonly Replacement[];
  /** Whether files lie there in the form that the list's local ids are of. */
  readonly isLocal: boolean;
}

export interface TreeCheck {
  readonly faults: readonly TreeFault[];
  /** A file is right whose local id in the list is not. */
  readonly hasWrongLocalIds: boolean;
  /** See `GoodFiles`. */
  readonly good: readonly number[];
}

/** Compares a tree with its file list: names, kinds, sizes, modes, times, owners, links, and contents where asked for. */
export function checkTree(settings: VerifySettings, tree: TreeToCheck): TreeCheck {
  const walk: Walk = {
    settings,
    tree,
    expected: new Map(tree.entries.map((entry) => [entry.path, entry])),
    directories: directoriesOfList(tree.entries),
    seen: new Set(),
    faults: [],
    good: [],
    state: { hasWrongLocalIds: false },
  };
  const top = lstatSync(toFsPath(tree.directory));
  walk.faults.push(...compareDirectory(seenEntry("" as ByteString, top), settings));
  walkDirectory(walk, "");
  walk.faults.push(...missingFaults(tree.entries, walk.seen));
  return { faults: walk.faults, good: walk.good, ...walk.state };
}

interface Walk {
  readonly settings: VerifySettings;
  readonly tree: TreeToCheck;
  readonly expected: ReadonlyMap<ByteString, FileListEntry>;
  readonly directories: ReadonlySet<ByteString>;
  readonly seen: Set<ByteString>;
  readonly faults: TreeFault[];
  readonly good: number[];
  readonly state: { hasWrongLocalIds: boolean };
}

function walkDirectory(walk: Walk, prefix: string): void {
  const directory = (prefix === "" ? walk.tree.directory : `${walk.tree.directory}/${prefix}`) as ByteString;
  const names = listNames(walk, directory, prefix);
  for (const name of names) {
    const path = (prefix === "" ? name : `${prefix}/${name}`) as ByteString;
    checkOne(walk, `${directory}/${name}` as ByteString, path);
  }
}

function listNames(walk: Walk, directory: ByteString, path: string): readonly string[] {
  try {
    return readdirSync(toFsPath(directory), "latin1");
  } catch (error) {
    walk.faults.push(unreadable(path as ByteString, error));
    markBelow(walk, path);
    return [];
  }
}

function markBelow(walk: Walk, path: string): void {
  for (const { path: inner } of walk.tree.entries) if (inner.startsWith(`${path}/`)) markSeen(walk, inner);
}

/** Also the directories on the way: they are not missing, they cannot be looked into. */
function markSeen({ seen }: Walk, path: ByteString): void {
  for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) seen.add(path.slice(0, at) as ByteString);
}

function checkOne(walk: Walk, place: ByteString, path: ByteString): void {
  const status = statusOf(walk, place, path);
  if (!status) return;
  walk.seen.add(path);
  const entry = walk.expected.get(path);
  if (!entry && status.isDirectory() && walk.directories.has(path)) {
    walk.faults.push(...compareDirectory(seenEntry(path, status), walk.settings));
    walkDirectory(walk, path);
    return;
  }
  if (!entry && walk.directories.has(path)) {
    walk.faults.push({ kind: "wrong-kind", path, reason: "is no directory and must be one" });
    markBelow(walk, path);
    return;
  }
  const faults = compareEntry(entry, withTarget(walk, seenEntry(path, status), place), walk.settings);
  if (entry?.mode === "40000" && status.isDirectory()) walkDirectory(walk, path);
  if (entry && status.isFile() && !faults.some(({ kind }) => kind === "wrong-kind" || kind === "changed-file"))
    faults.push(...contentFaults(walk, { place, path, entry, status }));
  if (status.isFile()) countFile(walk.settings.pace);
  walk.faults.push(...faults);
}

function statusOf(walk: Walk, place: ByteString, path: ByteString): Stats | undefined {
  try {
    return lstatSync(toFsPath(place), { throwIfNoEntry: false });
  } catch (error) {
    walk.faults.push(unreadable(path, error));
    markSeen(walk, path);
    markBelow(walk, path);
    return undefined;
  }
}

function seenEntry(path: ByteString, status: Stats): SeenEntry {
  const { mode, size, mtimeMs, uid } = status;
  return { path, kind: kindOf(status), mode: mode & 0o7777, size, mtimeMs, uid };
}

function kindOf(status: Stats): SeenEntry["kind"] {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "directory";
  return status.isSymbolicLink() ? "link" : "other";
}

function withTarget({ tree }: Walk, seen: SeenEntry, place: ByteString): SeenEntry {
  if (seen.kind !== "link") return seen;
  const bytes = toBytes(readlinkSync(toFsPath(place), "latin1") as ByteString);
  replaceInPlace(bytes, tree.canonicalise);
  return { ...seen, target: fromBytes(bytes) };
}

interface FileToRead {
  readonly place: ByteString;
  readonly path: ByteString;
  readonly entry: FileListEntry;
  readonly status: Stats;
}

function contentFaults(walk: Walk, { place, path, entry, status }: FileToRead): TreeFault[] {
  const { settings, tree } = walk;
  if (!settings.contents && status.mtimeMs === FROZEN_MS) return [];
  const differs = entry.localId !== undefined;
  if (!differs && isKnownGood(settings.known, status, entry.id)) return [];
  try {
    let read = readFile(settings, place, differs ? tree.canonicalise : undefined);
    if ((read.canonical ?? read.local) !== entry.id) {
      // The list's word that both forms are equal may be what is wrong.
      read = readFile(settings, place, tree.canonicalise);
      if (read.canonical !== entry.id) return [{ kind: "changed-file", path, reason: "has other content than it had" }];
    }
    if (tree.isLocal && read.local !== (entry.localId ?? entry.id)) walk.state.hasWrongLocalIds = true;
    noteGood(walk.good, read.stamp, read.local);
    return read.hasAttributes ? [{ kind: "attributes", path, reason: "has extended attributes" }] : [];
  } catch (error) {
    return [unreadable(path, error)];
  }
}

function readFile(settings: VerifySettings, place: ByteString, canonicalise: readonly Replacement[] | undefined) {
  const fd = openSync(toFsPath(place), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stamp = fstatSync(fd);
    return { ...hashForms(fd, { pace: settings.pace, canonicalise }), stamp, hasAttributes: hasAttributes(fd) };
  } finally {
    closeSync(fd);
  }
}

/** A system error names what the disk, the permissions or the length of a path did; anything else is a defect of the program. */
function unreadable(path: ByteString, error: unknown): TreeFault {
  if (
    !isErrno(
      error,
      "EIO",
      "EACCES",
      "EPERM",
      "ENOENT",
      "ELOOP",
      "ENOTDIR",
      "EUCLEAN",
      "EBADMSG",
      "ENXIO",
      "ENAMETOOLONG",
    )
  )
    throw error;
  return { kind: "unreadable-file", path, reason: `cannot be read (${(error as NodeJS.ErrnoException).code})` };
}
