import fsExtra from "fs-extra";

/** Copies a directory to `to`, which may exist: modes and times are kept, symlinks stay what they are. */
export function copyTree(from: string, to: string): void {
  fsExtra.copySync(from, to, { preserveTimestamps: true, dereference: false });
}
