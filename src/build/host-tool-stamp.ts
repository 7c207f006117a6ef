import { realpathSync, statSync } from "node:fs";
import { machine, type } from "node:os";
import { findInPath } from "./sandbox/host-toolchain.ts";

/**
 * A text that changes whenever a fingerprint can have changed, from file attributes alone: no command is run. Whoever
 * keeps a fingerprint on disk keeps this beside it.
 */
export function hostToolStamp(env: { readonly path: string }): string {
  const tools = ["cc", "c++", "ld", "make", "getconf"].map((name) => findInPath(name, env.path));
  const libraries = LIBRARIES.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  return JSON.stringify([type(), machine(), env.path, ...[...tools, ...libraries].map(stampOf)]);
}

/** The loader of the C library, whose file an upgrade replaces. */
const LIBRARIES = [
  "/lib64/ld-linux-x86-64.so.2",
  "/lib/ld-linux-aarch64.so.1",
  "/lib/ld-musl-x86_64.so.1",
  "/lib/ld-musl-aarch64.so.1",
];

function stampOf(path: string | undefined): string {
  if (path === undefined) return "none";
  const real = realpathSync(path);
  const { ino, size, mtimeMs } = statSync(real);
  return `${real} ${ino} ${size} ${mtimeMs}`;
}
