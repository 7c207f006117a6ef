import { checkLog } from "../../store/check-log.ts";
import type { LogVerification } from "../../store/log/verify.ts";
import type { Store } from "../../store/open-store.ts";

/** Checks every line of the log, and that it and the profiles tell the same. Changes nothing. */
export function verifyHistory(store: Store): LogVerification {
  return checkLog(store);
}
