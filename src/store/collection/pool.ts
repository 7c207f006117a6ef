import { lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../../errors.ts";
import { pooledFiles } from "../../model/file-list.ts";
import type { BaseName } from "../../model/ids.ts";
import { TEMPORARY_MARK } from "../../system/atomic-file.ts";
import { fileListPath, type Layout, poolPath } from "../layout.ts";
import type { Store } from "../open-store.ts";

/**
 * Looks at every file of the pool, in slices, so that others get their turn in between. A temporary name counts as one
 * that lost its process when it is a day old.
 */
export async function visitPool(
  store: Store,
  visit: (path: string, status: Stats) => void,
  signal?: AbortSignal,
): Promise<void> {
  const old = Date.now() - DAY;
  for (const part of readdirSync(store.layout.files)) {
    signal?.throwIfAborted();
    for (const name of readdirSync(join(store.layout.files, part))) {
      const path = `${store.layout.files}/${part}/${name}`;
      const status = lstatSync(path, { throwIfNoEntry: false });
      if (status && !(name.includes(TEMPORARY_MARK) && status.ctimeMs > old)) visit(path, status);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const DAY = 24 * 3_600_000;

/** Where the pool holds the files of an object, by its file list; `undefined` when that cannot be read. */
export function poolPathsOf(places: Pick<Layout, "files" | "manifests">, object: BaseName): string[] | undefined {
  const files = pooledFiles(readIfThere(fileListPath(places, object)));
  return files?.map(({ id, executable }) => poolPath(places, id, executable));
}

/** A text that is no list, when there is none. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "?";
    throw error;
  }
}
