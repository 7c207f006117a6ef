import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isMemoryFilesystem, networkFilesystem } from "../../src/system/filesystem-kind.ts";
import { patchFs } from "../helpers/patch-fs.ts";
import { makeWorld } from "../helpers/worlds.ts";

describe("the kind of a filesystem", () => {
  it("knows NFS, SMB and others by their numbers, also where the system's number is negative", () => {
    const names: readonly (readonly [bigint, string | undefined])[] = [
      [0x6969n, "NFS"],
      [0xff534d42n, "CIFS"],
      [-0xacb2ben, "CIFS"],
      [0xfe534d42n, "SMB2"],
      [0x01021997n, "9P"],
      [0xef53n, undefined],
      [0x01021994n, undefined],
      [0x9123683en, undefined],
    ];
    for (const [type, name] of names) {
      patchFs("statfsSync", () => () => ({ type }));
      expect(networkFilesystem("/")).toBe(name);
    }
  });

  it("asks the table of mounts who serves what FUSE shows", () => {
    const table = [
      "/dev/vda / ext4 rw 0 0",
      "me@far:/x /mnt/far\\040away fuse.sshfs rw 0 0",
      "/dev/sdb1 /mnt/usb fuseblk rw 0 0",
      "over /mnt/usb/own fuse.bindfs rw 0 0",
      "s3 /mnt/usb/own fuse.rclone rw 0 0",
    ];
    patchFs("statfsSync", () => () => ({ type: 0x65735546n }));
    patchFs("readFileSync", () => () => Buffer.from(table.join("\n")));
    const seen = ["/mnt/far away/store", "/mnt/far away", "/mnt/far", "/mnt/usb/store", "/mnt/usb/own/store"];
    expect(seen.map(networkFilesystem)).toEqual(["sshfs", "sshfs", undefined, undefined, "rclone"]);
  });

  it("knows filesystems in memory", () => {
    for (const [type, isMemory] of [
      [0x01021994n, true],
      [0x858458f6n, true],
      [-0x7a7ba70an, true],
      [0xef53n, false],
      [0x6969n, false],
    ] as const) {
      patchFs("statfsSync", () => () => ({ type }));
      expect(isMemoryFilesystem("/")).toBe(isMemory);
    }
  });

  it("finds the directory of a test as local as the list of mounts says", () => {
    const { directory } = makeWorld();
    const mounts = readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "));
    const under = mounts.filter(([, place = "?"]) => `${directory}/`.startsWith(place === "/" ? "/" : `${place}/`));
    const [, , kind = ""] = under.sort(([, a = ""], [, b = ""]) => b.length - a.length)[0] ?? [];
    expect(networkFilesystem(directory) === undefined).toBe(!/^(nfs4?|cifs|smb3|9p|afs|ceph|lustre)$/.test(kind));
  });
});
