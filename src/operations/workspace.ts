import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Lease, openLease, tidyLeases } from "../store/leases.ts";
import type { Store } from "../store/open-store.ts";
import { createTemporaryDirectory, sweepTemporaryDirectories } from "../system/temporary-directory.ts";

/** The temporary directories of one operation, and the lease on what it works with; all vanish with it. */
export interface Workspace extends Disposable {
  readonly lease: Lease;
  /** A new empty directory. */
  room(): { readonly path: string };
}

/** Opens a workspace, and removes what killed processes left behind. */
export function openWorkspace(store: Store): Workspace {
  const { command, now } = store.context;
  sweepTemporaryDirectories(store.layout.temporary, now);
  tidyLeases(store);
  const directory = createTemporaryDirectory(store.layout.temporary, command.join(" "), now);
  const lease = openLease(store);
  let rooms = 0;
  return {
    lease,
    room() {
      rooms += 1;
      const path = join(directory.path, String(rooms));
      mkdirSync(path);
      return { path };
    },
    [Symbol.dispose]() {
      lease[Symbol.dispose]();
      directory[Symbol.dispose]();
    },
  };
}
