import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type ByteString, fromText } from "../../src/model/byte-string.ts";
import { flushFiles } from "../../src/system/flush.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { makeWorld } from "../helpers/worlds.ts";

/** Files with odd names, and a count of how often one is flushed for itself. */
function makeFiles(count: number) {
  const { directory } = makeWorld({ memory: true });
  const paths = Array.from({ length: count }, (_, at) => `${fromText(directory)}/\xff${at}` as ByteString);
  for (const path of paths) writeFileSync(Buffer.from(path, "latin1"), "");
  const flushed = { count: 0 };
  patchFs("fsyncSync", (original) => (fd: number) => {
    flushed.count += 1;
    original(fd);
  });
  return { directory, paths, flushed };
}

describe("flushFiles", () => {
  it("flushes a few files one by one", async () => {
    const { directory, paths, flushed } = makeFiles(3);
    await flushFiles(directory, paths);
    expect(flushed.count).toBe(3);
  });

  it("flushes many at once, and directories as files", async () => {
    const { directory, paths, flushed } = makeFiles(40);
    patchFs("statfsSync", () => () => ({ type: 0xef53n }));
    await flushFiles(directory, paths);
    expect(flushed.count).toBe(0);
    await flushFiles(directory, [fromText(directory)]);
    expect(flushed.count).toBe(1);
  });

  it("starts nothing for many on a memory filesystem, and flushes them one by one where there is nothing to start", async () => {
    const { directory, paths, flushed } = makeFiles(40);
    vi.stubEnv("PATH", directory);
    onTestFinished(() => void vi.unstubAllEnvs());
    patchFs("statfsSync", () => () => ({ type: 0x01021994n }));
    await flushFiles(directory, paths);
    expect(flushed.count).toBe(0);
    patchFs("statfsSync", () => () => ({ type: 0xef53n }));
    await flushFiles(directory, paths);
    expect(flushed.count).toBe(40);
  });

  it("flushes many one by one where the filesystem cannot be flushed as a whole", async () => {
    const { directory, paths, flushed } = makeFiles(40);
    await flushFiles(join(directory, "missing"), paths);
    expect(flushed.count).toBe(40);
  });

  it("fails when the disk does", async () => {
    const { directory, paths } = makeFiles(1);
    patchFs("fsyncSync", () => () => {
      throw errno("EIO");
    });
    expect(await caughtAsync(flushFiles(directory, paths))).toMatchObject({ code: "EIO" });
  });
});
