import { spawnSync } from "node:child_process";

/**
 * `u::rwx,u:65534:rwx,g::r-x,m::rwx,o::---`, the same with `o::r-x`, and `u::rwx,g::r-x,o::---`, as setfacl(1) would
 * store them.
 */
export const LISTS = {
  named: `0x02000000${entry(1, 7)}${entry(2, 7, "feff0000")}${entry(4, 5)}${entry(16, 7)}${entry(32, 0)}`,
  open: `0x02000000${entry(1, 7)}${entry(2, 7, "feff0000")}${entry(4, 5)}${entry(16, 7)}${entry(32, 5)}`,
  plain: `0x02000000${entry(1, 7)}${entry(4, 5)}${entry(32, 0)}`,
};

function entry(tag: number, permissions: number, id = "ffffffff"): string {
  const hex = (value: number) => `${value.toString(16).padStart(2, "0")}00`;
  return `${hex(tag)}${hex(permissions)}${id}`;
}

export function setAttribute(name: string, value: string, path: string): boolean {
  return spawnSync("setfattr", ["-n", name, "-v", value, path]).status === 0;
}

/** Why extended attributes cannot be tested here, or `undefined`. */
export function whyNoAttributes(): string | undefined {
  if (spawnSync("getfattr", ["--version"]).status !== 0) return "setfattr and getfattr (attr) are missing";
  const probe = spawnSync("sh", ["-c", 'f=$(mktemp) && setfattr -n user.x -v y "$f"; s=$?; rm "$f"; exit $s']);
  return probe.status === 0 ? undefined : "the filesystem has no extended attributes";
}
