import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  acquireLock,
  type LockHolder,
  type LockOptions,
  readLockHolder,
  tryAcquireLock,
} from "../../src/system/lock.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { useDriver } from "../helpers/driver.ts";
import { makeWorld } from "../helpers/worlds.ts";

const now = () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
const options = (changes: Partial<LockOptions> = {}): LockOptions => ({
  command: "store install zlib",
  now,
  wait: false,
  ...changes,
});
const lockFile = () => join(makeWorld({ memory: true }).directory, "lock");

describe("acquireLock", () => {
  it("keeps others out until it is given back", async () => {
    const path = lockFile();
    {
      using lock = await acquireLock(path, options());
      expect(lock.path).toBe(path);
      expect(tryAcquireLock(path, "other", now)).toBeUndefined();
    }
    using again = tryAcquireLock(path, "other", now);
    expect(again).toBeDefined();
  });

  it("is BUSY at once when nobody wants to wait, and names the holder", async () => {
    const path = lockFile();
    using _lock = await acquireLock(path, options());
    expect(await caughtAsync(acquireLock(path, options({ command: "other" })))).toMatchObject({
      code: "BUSY",
      message: `the store is in use by process ${process.pid} (store install zlib) since 2026-01-02T03:04:05.000Z`,
      hint: expect.stringContaining("--no-wait"),
      details: { lock: path, holder: { pid: process.pid } },
    });
    expect(readLockHolder(path)?.command).toBe("store install zlib");
  });

  it("waits, telling once who is waited for, and then has the lock", async () => {
    const path = lockFile();
    const first = await acquireLock(path, options());
    const waited: (LockHolder | undefined)[] = [];
    const second = acquireLock(
      path,
      options({ command: "second", wait: true, onWait: (holder) => waited.push(holder) }),
    );
    await expect.poll(() => waited).toMatchObject([{ pid: process.pid, command: "store install zlib" }]);
    first[Symbol.dispose]();
    using _lock = await second;
    expect(readLockHolder(path)?.command).toBe("second");
    expect(waited).toHaveLength(1);
  });

  it("stops waiting when aborted, and leaves the lock to its holder", async () => {
    const path = lockFile();
    using _lock = await acquireLock(path, options());
    const controller = new AbortController();
    const waiting = caughtAsync(acquireLock(path, options({ wait: true, signal: controller.signal })));
    controller.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ message: "enough" });
    expect(readLockHolder(path)?.command).toBe("store install zlib");
  });

  it("serves many in one process one after the other", async () => {
    const path = lockFile();
    let inside = 0;
    const enter = async () => {
      using _lock = await acquireLock(path, options({ wait: true }));
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, enter));
  });

  it("takes its file along when it vanishes, and still lets one in at a time", async () => {
    const path = lockFile();
    let inside = 0;
    const enter = async () => {
      using _lock = await acquireLock(path, options({ wait: true, vanishes: true }));
      inside += 1;
      expect(inside).toBe(1);
      expect(existsSync(path)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, enter));
    expect(existsSync(path)).toBe(false);
  });

  it("overwrites a longer holder's text whole", async () => {
    const path = lockFile();
    writeFileSync(path, "x".repeat(1000));
    using _lock = await acquireLock(path, options());
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      pid: process.pid,
      command: "store install zlib",
      since: "2026-01-02T03:04:05.000Z",
    });
  });
});

describe("a lock of another process", () => {
  const driver = useDriver();

  it("is seen with its pid and command, and is free when the process is killed", async () => {
    const path = lockFile();
    const { child } = await driver.start({ do: "hold-lock", path });
    expect(await caughtAsync(acquireLock(path, options()))).toMatchObject({
      code: "BUSY",
      message: expect.stringContaining(`process ${child.pid} (driver holding)`),
    });
    const waiting = acquireLock(path, options({ wait: true }));
    child.kill("SIGKILL");
    using _lock = await waiting;
    expect(readLockHolder(path)?.pid).toBe(process.pid);
  });
});

describe("readLockHolder", () => {
  it("says nothing about a file that is missing or torn", () => {
    const path = lockFile();
    expect(readLockHolder(path)).toBeUndefined();
    for (const text of ["", "{", "[]", "null", '{"pid":"1","command":"x"}']) {
      writeFileSync(path, text);
      expect(readLockHolder(path)).toBeUndefined();
    }
  });
});
