import { StoreError } from "../errors.ts";
import { openJournal } from "./journal.ts";
import { requireWritable } from "./log/tail.ts";
import type { Store } from "./open-store.ts";
import { refuseUnsafeRoot } from "./root-safety.ts";

/**
 * For changes of the store that the log does not tell of before they are made: objects that come and go. A log that is
 * damaged keeps nobody from these.
 * @throws StoreError UNSAFE when others could change the store; NEWER_FORMAT when the log holds a critical record of a type that this program does not know
 */
export function refuseReadOnly(store: Store): void {
  refuseUnsafeRoot(store);
  try {
    requireWritable(openJournal(store));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "DAMAGED") throw error;
  }
}
