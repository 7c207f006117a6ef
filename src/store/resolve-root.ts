import { readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isErrno, StoreError } from "../errors.ts";

/**
 * The absolute path of `root` with every symlink resolved, also one to a place that is not there yet.
 * @throws StoreError INVALID_INPUT
 */
export function resolveRoot(root: string): string {
  const path = absolutePath(root);
  try {
    const real = realpathSync(path);
    if (!statSync(real).isDirectory()) throw notADirectory(real);
    return real;
  } catch (error) {
    if (isErrno(error, "ENOTDIR", "ELOOP")) throw notADirectory(path);
    if (!isErrno(error, "ENOENT")) throw error;
    const parent = resolveRoot(dirname(path));
    const target = linkTarget(path);
    return target === undefined ? join(parent, basename(path)) : resolveRoot(resolve(parent, target));
  }
}

function absolutePath(root: string): string {
  if (root === "") throw new StoreError("INVALID_INPUT", "the root is empty", { hint: ANOTHER_ROOT });
  try {
    return resolve(root);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    throw new StoreError("INVALID_INPUT", `'${root}' leads nowhere: the working directory was deleted`, {
      hint: "Change to another directory, or name an absolute root.",
      details: { path: root },
      cause: error,
    });
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

function notADirectory(path: string): StoreError {
  return new StoreError("INVALID_INPUT", `${path} is no directory; a store needs one`, {
    hint: ANOTHER_ROOT,
    details: { path },
  });
}

const ANOTHER_ROOT = "Name another directory with --root or $STORE_ROOT.";
