import { toEscaped } from "./byte-string.ts";
import type { FileListEntry } from "./file-list.ts";

export interface FileDifference {
  /** Escaped where a terminal could not show it. */
  readonly path: string;
  readonly what: "added" | "removed" | "changed";
}

/** In which files two trees differ, by path: content, kind or executable bit. */
export function compareFileLists(before: readonly FileListEntry[], after: readonly FileListEntry[]): FileDifference[] {
  const [old, now] = [before, after].map(
    (list) => new Map(list.map(({ path, mode, id }) => [toEscaped(path), `${mode} ${id}`])),
  );
  const paths = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
  return paths.flatMap((path): FileDifference[] => {
    const [left, right] = [old?.get(path), now?.get(path)];
    if (left === right) return [];
    return [{ path, what: left === undefined ? "added" : right === undefined ? "removed" : "changed" }];
  });
}
