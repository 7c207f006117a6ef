import { unlinkSync } from "node:fs";
import { isErrno } from "../errors.ts";

/**
 * Removes a file or link that may be gone already. `rmSync`, as it is from Node 23 on, tells of many failures (a read-only
 * or broken disk) neither the code nor the system call.
 */
export function removeFile(path: string | Buffer): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
