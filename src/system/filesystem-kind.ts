import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { mountAround } from "./mounts.ts";

/** Magic numbers of network filesystems, as `statfs(2)` reports them (linux/magic.h and the modules' sources). */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x01021997, "9P"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x0bd00bd0, "Lustre"],
  [0x00c36400, "Ceph"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
]);

/** A program serves it, from this machine or from another: the table of mounts tells which program. */
const FUSE = 0x65735546;

/** Those that serve what lies on other machines, by what stands behind `fuse.` as the type of a mount. */
const REMOTE =
  /^fuse\.(sshfs|rclone|s3fs|goofys|gcsfuse|mount-s3|mountpoint-s3|blobfuse2?|juicefs|glusterfs|ceph|ceph-fuse|mfs|seaweedfs|weed|davfs2?|curlftpfs|smbnetfs|alluxio-fuse)$/;

/** tmpfs and ramfs. */
const MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/** The name of the network filesystem that `path` lies on, or `undefined` on a local one. */
export function networkFilesystem(path: string): string | undefined {
  const magic = magicNumber(path);
  return magic === FUSE ? remoteProgram(path) : NETWORK.get(magic);
}

function remoteProgram(path: string): string | undefined {
  return REMOTE.exec(mountAround(path)?.type ?? "")?.[1];
}

/** The same of a path that need not be there: then of the closest directory above it that is. */
export function networkFilesystemAround(path: string): string | undefined {
  try {
    return networkFilesystem(path);
  } catch (error) {
    if (dirname(path) === path) throw error;
    return networkFilesystemAround(dirname(path));
  }
}

/** Whether nothing that `path` lies among outlives the machine's power. */
export function isMemoryFilesystem(path: string): boolean {
  return MEMORY.includes(magicNumber(path));
}

function magicNumber(path: string): number {
  return Number(statfsSync(path, { bigint: true }).type & 0xffffffffn);
}
