import { isErrno, StoreError } from "../../errors.ts";

/** Whether something failed since the disk, or the user's part of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return isErrno(error, "ENOSPC", "EDQUOT") || (error instanceof StoreError && error.code === "NO_SPACE");
}
