import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tryAcquireLock } from "../../src/system/lock.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { createTemporaryDirectory, sweepTemporaryDirectories } from "../../src/system/temporary-directory.ts";
import { useDriver } from "../helpers/driver.ts";
import { patchFs } from "../helpers/patch-fs.ts";
import { makeWorld } from "../helpers/worlds.ts";

const now = () => new Date(0);

describe("createTemporaryDirectory", () => {
  it("makes a private directory that is gone when it is disposed of", () => {
    const { directory } = makeWorld({ memory: true });
    {
      using temporary = createTemporaryDirectory(directory, "test", now);
      expect(temporary.path).toMatch(new RegExp(`^${directory}/[0-9a-f]{16}$`));
      expect(statSync(temporary.path).mode & 0o777).toBe(0o700);
      mkdirSync(join(temporary.path, "a"));
      writeFileSync(join(temporary.path, "a/file"), "");
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  it("takes another name when a sweep was faster than its lock", () => {
    const { directory } = makeWorld({ memory: true });
    let swept = "";
    patchFs("mkdirSync", (original) => (path: string, how: { mode: number }) => {
      original(path, how);
      // As if a sweep had held the lock file, and removed it, in the moment before it was locked.
      if (swept === "") removeTree(`${path}.lock`);
      swept ||= path;
    });
    using temporary = createTemporaryDirectory(directory, "test", now);
    expect(temporary.path).not.toBe(swept);
    expect(readdirSync(directory)).toHaveLength(2);
    expect(sweepTemporaryDirectories(directory, now)).toEqual([]);
  });
});

describe("sweepTemporaryDirectories", () => {
  const driver = useDriver();

  it("leaves what a living process uses, here and elsewhere", async () => {
    const world = makeWorld({ memory: true });
    const { layout } = await world.store();
    using temporary = createTemporaryDirectory(layout.temporary, "test", now);
    const { outcome } = await driver.start({ do: "hold-temporary", root: layout.root });
    const { path } = outcome.result as { path: string };
    expect(sweepTemporaryDirectories(layout.temporary, now)).toEqual([]);
    expect([existsSync(temporary.path), existsSync(path)]).toEqual([true, true]);
  });

  it("removes what a killed process left", async () => {
    const world = makeWorld({ memory: true });
    const { layout } = await world.store();
    const { outcome, child } = await driver.start({ do: "hold-temporary", root: layout.root });
    const { path } = outcome.result as { path: string };
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(existsSync(path)).toBe(true);
    expect(sweepTemporaryDirectories(layout.temporary, now)).toEqual([path.split("/").at(-1)]);
    expect(readdirSync(layout.temporary)).toEqual([]);
  });

  it("removes a directory without a lock file, and a lock file without a directory", () => {
    const { directory } = makeWorld({ memory: true });
    mkdirSync(join(directory, "0000000000000001"));
    writeFileSync(join(directory, "0000000000000002.lock"), "");
    expect(sweepTemporaryDirectories(directory, now).sort()).toEqual(["0000000000000001", "0000000000000002"]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("leaves a lock file that is held before its directory is made", () => {
    const { directory } = makeWorld({ memory: true });
    using _lock = tryAcquireLock(join(directory, "0000000000000003.lock"), "test", now);
    expect(sweepTemporaryDirectories(directory, now)).toEqual([]);
  });
});

describe("removeTree", () => {
  it("does not follow links, and forgives what is not there", () => {
    const { directory } = makeWorld({ memory: true });
    mkdirSync(join(directory, "tree"));
    mkdirSync(join(directory, "kept"));
    writeFileSync(join(directory, "kept/file"), "");
    symlinkSync("../kept", join(directory, "tree/link"));
    removeTree(join(directory, "tree"));
    removeTree(join(directory, "tree"));
    expect(readdirSync(directory)).toEqual(["kept"]);
    expect(readdirSync(join(directory, "kept"))).toEqual(["file"]);
  });
});
