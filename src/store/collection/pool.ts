import { lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { TEMPORARY_MARK } from "../../system/atomic-file.ts";
import { namesIn } from "../../system/names-in.ts";
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
  for (const part of namesIn(store.layout.files)) {
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
