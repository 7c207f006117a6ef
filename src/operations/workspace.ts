import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { doubtPool } from "../store/collection/pool-mark.ts";
import { mendDirectories } from "../store/directories.ts";
import { type Lease, openLease, tidyLeases } from "../store/leases.ts";
import { endLeftBuilds } from "../store/left-builds.ts";
import type { Store } from "../store/open-store.ts";
import { refuseUnsafeRoot } from "../store/root-safety.ts";
import {
  createTemporaryDirectory,
  listStaleDirectories,
  sweepTemporaryDirectories,
} from "../system/temporary-directory.ts";

/** The temporary directories of one operation, and the lease on what it works with; all vanish with it. */
export interface Workspace extends Disposable {
  readonly lease: Lease;
  /** A new empty directory. */
  room(): { readonly path: string };
}

/** Opens a workspace, and removes what killed processes left behind. @throws StoreError UNSAFE */
export function openWorkspace(store: Store): Workspace {
  const { command, now } = store.context;
  refuseUnsafeRoot(store);
  mendDirectories(store);
  sweepStale(store);
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

/** What a killed process was about to add can be in the pool already, and in nothing else. */
function sweepStale(store: Store): void {
  const { temporary } = store.layout;
  if (listStaleDirectories(temporary).length === 0) return;
  doubtPool(store);
  sweepTemporaryDirectories(temporary, store.context.now, endLeftBuilds);
}
