import { utimesSync } from "node:fs";
import { isErrno } from "../errors.ts";

/** Its time tells a collection when a kept file or tree was last of use. */
export function markUsed(path: string, now: Date): void {
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if (!isErrno(error, "EROFS", "EPERM", "EACCES")) throw error;
  }
}
