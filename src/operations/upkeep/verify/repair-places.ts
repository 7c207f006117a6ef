import { chmodSync, statSync } from "node:fs";
import { type ByteString, toFsPath } from "../../../model/byte-string.ts";
import { failureText } from "../../../model/explain-failure.ts";
import type { Outcome, SettledFinding } from "../../../model/verify/finding.ts";
import { mendDirectories } from "../../../store/directories.ts";
import type { Store } from "../../../store/open-store.ts";
import { moveAside } from "../../../store/repair/aside.ts";
import { checkPlaces, type PlaceFault, toFinding } from "../../../store/verify/check-places.ts";

/**
 * Puts right what keeps the program from looking at the rest. What lies in the place of a directory or a lock is kept in
 * `aside/`; the directory is made anew where it can have been empty. `only` chooses among the faults.
 */
export function repairPlaces(store: Store, only: (fault: PlaceFault) => boolean = () => true): SettledFinding[] {
  const settled = new Map<ByteString, SettledFinding>();
  // What lies in a directory that was closed is seen when it is open.
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const fault of checkPlaces(store)
      .filter(({ path }) => !settled.has(path))
      .filter(only)) {
      settled.set(fault.path, { ...toFinding(store, fault), outcome: mend(store, fault) });
      isNew = true;
    }
  }
  if (settled.size > 0) mendDirectories(store);
  return [...settled.values()];
}

function mend(store: Store, { path, kind, lacks }: PlaceFault): Outcome {
  try {
    if (kind !== "wrong-mode") return { state: "repaired", from: `moved to ${moveAside(store, path)}` };
    chmodSync(toFsPath(path), (statSync(toFsPath(path)).mode & 0o7777) | lacks);
    return { state: "repaired", from: "opened to its owner" };
  } catch (error) {
    return { state: "failed", reason: failureText(error, store.layout.root) };
  }
}
