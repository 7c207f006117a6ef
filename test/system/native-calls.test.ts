import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeAttributes, tryLock } from "../../src/system/native-calls.ts";
import { makeWorld } from "../helpers/worlds.ts";

function withFile<T>(use: (fd: number, path: string) => T): T {
  const path = join(makeWorld().directory, "file");
  writeFileSync(path, "");
  const fd = openSync(path, "r+");
  try {
    return use(fd, path);
  } finally {
    closeSync(fd);
  }
}

describe("tryLock", () => {
  it("is refused while another open file has the lock", () => {
    withFile((fd, path) => {
      const [one, other] = [openSync(path, "r+"), openSync(path, "r+")];
      expect([tryLock(one), tryLock(other), tryLock(fd)]).toEqual([true, false, false]);
      closeSync(one);
      expect([tryLock(other), tryLock(fd)]).toEqual([true, false]);
      closeSync(other);
    });
  });
});

describe("removeAttributes", () => {
  it("removes user attributes, and says whether there were any", () => {
    withFile((fd, path) => {
      const calls: string[] = [];
      const makeWritable = () => void calls.push("writable");
      expect(removeAttributes(fd, makeWritable)).toBe(false);
      expect(calls).toEqual([]);
      if (spawnSync("setfattr", ["-n", "user.a", "-v", "b", path]).status !== 0) {
        process.stderr.write("native-calls.test.ts: attributes are not tested, setfattr fails here\n");
        return;
      }
      expect(removeAttributes(fd, makeWritable)).toBe(true);
      expect(calls).toEqual(["writable"]);
      expect(removeAttributes(fd, makeWritable)).toBe(false);
    });
  });
});
