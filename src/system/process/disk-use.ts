import { lstat, readdir } from "node:fs/promises";

export interface DiskUse {
  /** Blocks that are taken, each inode counted once. */
  readonly bytes: number;
  readonly inodes: number;
}

/**
 * What lies at and below `paths`. What vanishes meanwhile counts nothing; nor does what a name does not lead to: open
 * files that were deleted, and the content of directories that were made unreadable.
 */
export async function measureDiskUse(paths: readonly string[]): Promise<DiskUse> {
  const inodes = new Map<string, number>();
  const directories: Buffer[] = [];
  const count = async (path: Buffer): Promise<void> => {
    const stat = await lstat(path).catch(() => undefined);
    if (stat === undefined) return;
    inodes.set(`${stat.dev}:${stat.ino}`, stat.blocks * 512);
    if (stat.isDirectory()) directories.push(path);
  };
  await Promise.all(paths.map((path) => count(Buffer.from(path))));
  for (let path = directories.pop(); path !== undefined; path = directories.pop()) {
    await Promise.all((await listDirectory(path)).map(count));
  }
  return { bytes: [...inodes.values()].reduce((sum, bytes) => sum + bytes, 0), inodes: inodes.size };
}

/** Names are bytes: a file whose name is not UTF-8 takes space too. */
async function listDirectory(path: Buffer): Promise<readonly Buffer[]> {
  const names = await readdir(path, { encoding: "buffer" }).catch(() => []);
  return names.map((name) => Buffer.concat([path, SLASH, name]));
}

const SLASH = Buffer.from("/");
