import type { FileListEntry } from "../../model/file-list.ts";
import { parseFileList } from "../../model/file-list.ts";
import type { BaseName } from "../../model/ids.ts";
import { readTextIfFile } from "../../system/atomic-file.ts";
import { fileListPath } from "../layout.ts";
import { listObjects } from "../manifests.ts";
import type { Store } from "../open-store.ts";

/** A file or link of an object, as its file list tells. */
export interface LocatedEntry {
  readonly object: BaseName;
  readonly entry: FileListEntry;
}

/** Every place in the store that ought to hold content with one of these ids, canonical or local, by id. */
export function locateContents(store: Store, ids: ReadonlySet<string>): ReadonlyMap<string, readonly LocatedEntry[]> {
  const found = new Map<string, LocatedEntry[]>();
  const note = (id: string, located: LocatedEntry) => {
    if (!ids.has(id)) return;
    const list = found.get(id);
    if (list) list.push(located);
    else found.set(id, [located]);
  };
  for (const object of ids.size === 0 ? [] : listObjects(store).sort()) {
    for (const entry of matchingLines(store, object, ids)) {
      note(entry.id, { object, entry });
      if (entry.localId !== undefined) note(entry.localId, { object, entry });
    }
  }
  return found;
}

const LINE = /^\d+ ([0-9a-f]{64}) \d+ (-|[0-9a-f]{64})\t.*\n/gm;

/** Only lines with one of the ids are taken apart: nearly all have none. */
function matchingLines(store: Store, object: BaseName, ids: ReadonlySet<string>): FileListEntry[] {
  const text = readIfThere(fileListPath(store.layout, object));
  const lines: string[] = [];
  for (const [line, id = "", localId = ""] of text.matchAll(LINE))
    if (ids.has(id) || ids.has(localId)) lines.push(line);
  return parseFileList(lines.join("")) ?? [];
}

function readIfThere(path: string): string {
  try {
    return readTextIfFile(path) ?? "";
  } catch {
    // An object without a list offers nothing; that it lacks one is told elsewhere.
    return "";
  }
}
