import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { outputPlace, writeOutput } from "../../src/system/output-place.ts";
import { caught, caughtAsync } from "../helpers/caught.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { makeWorld } from "../helpers/worlds.ts";

const write = (path: string, text: string, signal?: AbortSignal) =>
  writeOutput(outputPlace(path), Readable.from([Buffer.from(text)]), { signal });

test("a regular file is replaced when the new one is whole, and stays when something fails", async () => {
  const { directory } = makeWorld();
  const path = join(directory, "file");
  expect(await write(path, "one")).toBe(3);
  const before = lstatSync(path).ino;
  const failing = Readable.from(
    (function* () {
      yield Buffer.from("half");
      throw new Error("no more");
    })(),
  );
  await expect(writeOutput(outputPlace(path), failing)).rejects.toThrow("no more");
  expect([readFileSync(path, "utf8"), readdirSync(directory)]).toEqual(["one", ["file"]]);
  await write(path, "two");
  expect(readFileSync(path, "utf8")).toBe("two");
  expect(lstatSync(path).ino).not.toBe(before);
});

test("what is poured through other streams on the way is counted as it arrives", async () => {
  const path = join(makeWorld().directory, "file.gz");
  const size = await writeOutput(outputPlace(path), Readable.from([Buffer.from("text")]), {
    transforms: [createGzip()],
  });
  expect(gunzipSync(readFileSync(path)).toString()).toBe("text");
  expect(size).toBe(lstatSync(path).size);
});

test("a symlink is followed, also where nothing is there yet", async () => {
  const { directory } = makeWorld();
  const at = (name: string) => join(directory, name);
  mkdirSync(at("sub"));
  writeFileSync(at("sub/file"), "old");
  symlinkSync("sub", at("dir"));
  symlinkSync("file", at("sub/link"));
  symlinkSync("../new", at("sub/dangling"));
  symlinkSync("loop", at("loop"));
  await write(at("dir/link"), "one");
  await write(at("dir/dangling"), "two");
  expect([readFileSync(at("sub/file"), "utf8"), readFileSync(at("new"), "utf8")]).toEqual(["one", "two"]);
  expect([readlinkSync(at("sub/link")), readlinkSync(at("sub/dangling"))]).toEqual(["file", "../new"]);
  expect(() => outputPlace(at("loop"))).toThrow("ELOOP");
});

test("a directory is refused, also behind a symlink", () => {
  const { directory } = makeWorld();
  symlinkSync(".", join(directory, "link"));
  for (const path of [directory, join(directory, "link")])
    expect(caught(() => outputPlace(path))).toMatchObject({ code: "INVALID_INPUT", details: { path } });
});

test("a place in a directory that is missing is refused, also behind a symlink", () => {
  const { directory } = makeWorld();
  symlinkSync("absent/file", join(directory, "link"));
  for (const path of [join(directory, "absent/file"), join(directory, "link")])
    expect(caught(() => outputPlace(path))).toMatchObject({
      code: "NOT_FOUND",
      details: { path: join(directory, "absent") },
    });
});

test("a FIFO is written into as soon as somebody reads it", async () => {
  const { directory } = makeWorld();
  const path = join(directory, "pipe");
  execFileSync("mkfifo", [path]);
  symlinkSync("pipe", join(directory, "link"));
  const text = "0123456789".repeat(100_000);
  const written = write(join(directory, "link"), text);
  expect(await readFile(path, "utf8")).toBe(text);
  expect(await written).toBe(text.length);
  expect(readdirSync(directory).sort()).toEqual(["link", "pipe"]);
});

test("waiting for the reader of a FIFO can be interrupted", async () => {
  const path = join(makeWorld().directory, "pipe");
  execFileSync("mkfifo", [path]);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  expect(await caughtAsync(write(path, "text", controller.signal))).toMatchObject({ name: "AbortError" });
});

test("a device is written into", async ({ skip }) => {
  const path = join(makeWorld().directory, "full");
  if (spawnSync("mknod", [path, "c", "1", "7"]).status !== 0) skip();
  expect(await caughtAsync(write(path, "text"))).toMatchObject({ code: "ENOSPC", path });
  expect(lstatSync(path).isCharacterDevice()).toBe(true);
});

test("what cannot be written is told of the place, and what cannot be read of where it lies", async () => {
  const { directory } = makeWorld();
  const path = join(directory, "file");
  patchFs("fsyncSync", () => () => {
    throw Object.assign(errno("ENOSPC"), { syscall: "fsync" });
  });
  expect(await caughtAsync(write(path, "text"))).toMatchObject({ code: "ENOSPC", path });
  const absent = { path: join(directory, "absent/file"), kind: "file" } as const;
  expect(await caughtAsync(writeOutput(absent, Readable.from(["text"])))).toMatchObject({
    code: "ENOENT",
    path: absent.path,
  });
  const unreadable = Readable.from(
    // biome-ignore lint/correctness/useYield: it fails before
    (function* () {
      throw Object.assign(errno("EIO"), { syscall: "read" });
    })(),
  );
  const error = await caughtAsync(writeOutput(outputPlace(path), unreadable));
  expect([error, readdirSync(directory)]).toMatchObject([{ code: "EIO" }, []]);
  expect(error).not.toHaveProperty("path");
});
