import type { ByteString } from "../byte-string.ts";
import type { FileListEntry } from "../file-list.ts";
import { formatCount } from "../format-count.ts";
import { hashLinkTarget } from "../git-object.ts";
import type { FindingKind } from "./finding.ts";

/** What `lstat` says of one entry of a tree. */
export interface SeenEntry {
  readonly path: ByteString;
  readonly kind: "directory" | "file" | "link" | "other";
  /** The twelve bits of permissions. */
  readonly mode: number;
  readonly size: number;
  /** Milliseconds after the epoch. */
  readonly mtimeMs: number;
  readonly uid: number;
  /** Of a link: its target in canonical form. */
  readonly target?: ByteString;
  /** Of a directory: there is nothing in it. */
  readonly isEmpty?: boolean;
}

/** Something that is wrong with one path. */
export interface TreeFault {
  readonly kind: Extract<
    FindingKind,
    | "missing-file"
    | "extra-file"
    | "changed-file"
    | "unreadable-file"
    | "wrong-kind"
    | "wrong-link"
    | "wrong-mode"
    | "wrong-time"
    | "wrong-owner"
    | "attributes"
  >;
  readonly path: ByteString;
  readonly reason: string;
}

/** The time that everything in an object was last modified: one second after the epoch. */
export const FROZEN_MS = 1000;

/** Compares one entry of the disk with its line of the file list; what only its content can tell is left open. */
export function compareEntry(
  expected: FileListEntry | undefined,
  seen: SeenEntry,
  rules: { readonly uid: number },
): TreeFault[] {
  const { path } = seen;
  if (!expected) return [{ kind: "extra-file", path, reason: "does not belong to the object" }];
  const kind = kindOf(expected);
  if (seen.kind !== kind) return [{ kind: "wrong-kind", path, reason: `is a ${named(seen)} and must be a ${kind}` }];
  const faults = metadataFaults(seen, rules);
  switch (kind) {
    case "directory":
      return faults;
    case "link":
      return seen.target !== undefined && hashLinkTarget(seen.target) !== expected.id
        ? [{ kind: "wrong-link", path, reason: "leads elsewhere than it did" }, ...faults]
        : faults;
    case "file":
      if (seen.size !== expected.size)
        return [{ kind: "changed-file", path, reason: sizes(expected, seen) }, ...faults];
      return [...modeFaults(expected, seen), ...faults];
  }
}

/** A directory of the object itself: its top, or one that files lie in. */
export function compareDirectory(seen: SeenEntry, rules: { readonly uid: number }): TreeFault[] {
  return metadataFaults(seen, rules);
}

/** The directories that entries of a list lie in, and the empty ones. */
export function directoriesOfList(entries: readonly FileListEntry[]): Set<ByteString> {
  const found = new Set<ByteString>();
  for (const { path, mode } of entries) {
    if (mode === "40000") found.add(path);
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const parent = path.slice(0, at) as ByteString;
      if (found.has(parent)) break;
      found.add(parent);
    }
  }
  return found;
}

/** Entries that were not seen: one fault for the top of what is missing. */
export function missingFaults(
  entries: readonly FileListEntry[],
  seen: { has(path: ByteString): boolean },
): TreeFault[] {
  const counts = new Map<ByteString, number>();
  for (const { path } of entries) {
    if (seen.has(path)) continue;
    const top = firstMissing(path, seen);
    counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  return [...counts].map(([path, count]) => ({
    kind: "missing-file",
    path,
    reason: count === 1 ? "is missing" : `is missing, with ${count} entries in it`,
  }));
}

function firstMissing(path: ByteString, seen: { has(path: ByteString): boolean }): ByteString {
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const parent = path.slice(0, at) as ByteString;
    if (!seen.has(parent)) return parent;
  }
  return path;
}

function kindOf({ mode }: FileListEntry): "directory" | "file" | "link" {
  return mode === "40000" ? "directory" : mode === "120000" ? "link" : "file";
}

function named({ kind }: SeenEntry): string {
  return kind === "other" ? "device, pipe or socket" : kind;
}

function metadataFaults({ path, kind, mode, mtimeMs, uid }: SeenEntry, rules: { readonly uid: number }): TreeFault[] {
  const faults: TreeFault[] = [];
  if (kind === "directory" && mode !== 0o555)
    faults.push({ kind: "wrong-mode", path, reason: `has mode ${octal(mode)} in place of 0555` });
  if (mtimeMs !== FROZEN_MS)
    faults.push({ kind: "wrong-time", path, reason: `was last modified at ${timeText(mtimeMs)}` });
  if (uid !== rules.uid) faults.push({ kind: "wrong-owner", path, reason: `belongs to user ${uid}, not ${rules.uid}` });
  return faults;
}

function modeFaults(expected: FileListEntry, { path, mode }: SeenEntry): TreeFault[] {
  const right = expected.mode === "100755" ? 0o555 : 0o444;
  return mode === right
    ? []
    : [{ kind: "wrong-mode", path, reason: `has mode ${octal(mode)} in place of ${octal(right)}` }];
}

function sizes(expected: FileListEntry, seen: SeenEntry): string {
  return `has ${formatCount(seen.size, "byte")} in place of ${expected.size}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function timeText(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}
