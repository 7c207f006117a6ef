import { lstatSync, type Stats } from "node:fs";
import { isErrno } from "../errors.ts";
import { type ByteString, toFsPath } from "../model/byte-string.ts";

/** What lies at a path; `undefined` when nothing does, also where something on the way is no directory. */
export function lstatIfThere(path: ByteString): Stats | undefined {
  try {
    return lstatSync(toFsPath(path), { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, "ENOTDIR")) return undefined;
    throw error;
  }
}
