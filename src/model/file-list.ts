import { type ByteString, parseEscaped, toEscaped } from "./byte-string.ts";
import type { GitMode } from "./git-object.ts";
import type { BlobId } from "./ids.ts";

/** One line of an object's file list: a file, a symlink, or a directory with nothing in it. */
export interface FileListEntry {
  readonly mode: GitMode;
  /** Git's id of the canonical content; the empty tree's for an empty directory. */
  readonly id: string;
  /** Bytes of content; 0 for a directory. */
  readonly size: number;
  /** The id of the local content, where it differs: the file's name in the pool. */
  readonly localId: BlobId | undefined;
  readonly path: ByteString;
}

/** `<mode> <id> <size> <local id or ->\t<escaped path>` and a line feed for each entry, in git's order. */
export function printFileList(entries: readonly FileListEntry[]): string {
  let text = "";
  for (const entry of entries) text += printFileListLine(entry, toEscaped(entry.path));
  return text;
}

/** One line of `printFileList`, for a path that is escaped. */
export function printFileListLine(
  { mode, id, size, localId }: Omit<FileListEntry, "path">,
  escapedPath: string,
): string {
  return `${mode} ${id} ${size} ${localId ?? "-"}\t${escapedPath}\n`;
}

/** The inverse of `printFileList`; `undefined` when a line is not in that form. */
export function parseFileList(text: string): FileListEntry[] | undefined {
  const entries: FileListEntry[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const match = /^(100644|100755|120000|40000) ([0-9a-f]{64}) (\d{1,15}) (-|[0-9a-f]{64})\t(.+)$/.exec(line);
    const path = match && parseEscaped(match[5] as string);
    if (!match || path === undefined || path === null) return undefined;
    const localId = match[4] === "-" ? undefined : (match[4] as BlobId);
    entries.push({ mode: match[1] as GitMode, id: match[2] as string, size: Number(match[3]), localId, path });
  }
  return text === "" || text.endsWith("\n") ? entries : undefined;
}

/** Where an entry of a list lies, and for a file which one of the pool it is. */
export interface ListedPlace {
  readonly path: ByteString;
  readonly pooled: { readonly id: BlobId; readonly executable: boolean } | undefined;
}

/** What a list tells of places, and nothing else; `undefined` when a line is not in the form. */
export function listedPlaces(text: string): ListedPlace[] | undefined {
  const places: ListedPlace[] = [];
  const line = /(100644|100755|120000|40000) ([0-9a-f]{64}) \d{1,15} (-|[0-9a-f]{64})\t(.+)\n/y;
  while (line.lastIndex < text.length) {
    const match = line.exec(text);
    const path = match && parseEscaped(match[4] as string);
    if (!match || path === undefined || path === null) return undefined;
    const [, mode, id, localId] = match as unknown as [string, GitMode, BlobId, BlobId | "-"];
    const isFile = mode === "100644" || mode === "100755";
    const pooled = isFile ? { id: localId === "-" ? id : localId, executable: mode === "100755" } : undefined;
    places.push({ path, pooled });
  }
  return places;
}
