import nativeExtensions from "fs-native-extensions";
import { isErrno } from "../errors.ts";

/** Tries an exclusive lock on the file behind `fd`; false when another open file description holds one. */
export function tryLock(fd: number): boolean {
  return nativeExtensions.tryLock(fd);
}

/** Has each of two paths lead to what the other one led to, in one step; false on a filesystem that cannot do that. */
export function exchange(one: string, other: string): boolean {
  try {
    nativeExtensions.swapSync(one, other);
    return true;
  } catch (error) {
    if (isErrno(error, "EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EPERM")) return false;
    throw error;
  }
}

/**
 * Removes what an owner can attach to a file or directory beside its mode: user attributes, access control lists,
 * capabilities. Labels that the system itself keeps (SELinux, NFS) stay. Returns whether there were any: then the mode
 * is another one afterwards.
 */
export function removeAttributes(fd: number, makeWritable: () => void): boolean {
  const names = listAttributes(fd).filter((name) => REMOVABLE.test(name));
  if (names.length === 0) return false;
  makeWritable();
  for (const name of names) nativeExtensions.removeAttrSync(fd, name);
  return true;
}

/** Whether a file or directory has anything that `removeAttributes` would remove. What a directory has not, nothing that is made in it inherits. */
export function hasAttributes(fd: number): boolean {
  return listAttributes(fd).some((name) => REMOVABLE.test(name));
}

const REMOVABLE = /^(?:user\..*|system\.posix_acl_(?:access|default)|security\.capability)$/;

function listAttributes(fd: number): readonly string[] {
  try {
    return nativeExtensions.listAttrsSync(fd);
  } catch (error) {
    if (isErrno(error, "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) return [];
    throw error;
  }
}
