import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectArchive } from "../../../src/system/archive/extract-archive.ts";
import { makeTar, makeZip, needPrograms, PACKINGS, pack } from "../../helpers/archives.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { makeWorld } from "../../helpers/worlds.ts";

const TAR = makeTar([{ name: "file", content: "x".repeat(5000) }]);
const TEXT = Buffer.from("no archive, but long enough for one. ".repeat(50));
const EXTENSIONS = { gzip: "tar.gz", bzip2: "tar.bz2", xz: "tar.xz", zstd: "tar.zst" };

function detect(content: Uint8Array, environment?: Record<string, string>) {
  const file = join(makeWorld().directory, "file");
  writeFileSync(file, content);
  return detectArchive(file, environment);
}

describe("detectArchive", () => {
  it("knows tar archives of each format, also without a magic, and zip archives", async () => {
    expect(await detect(TAR)).toBe("tar");
    expect(await detect(makeTar([{ name: "file", format: "v7" }]))).toBe("tar");
    expect(await detect(makeZip([{ name: "file" }]))).toBe("zip");
    expect(await detect(makeZip([]))).toBe("zip");
  });

  it.each(PACKINGS)("knows a tar archive compressed by %s, and nothing else that is", async (packing) => {
    if (packing !== "gzip") needPrograms(packing);
    for (const environment of [undefined, { PATH: "" }]) {
      expect(await detect(pack(packing, TAR), environment)).toBe(EXTENSIONS[packing]);
      expect(await detect(pack(packing, TEXT), environment)).toBeUndefined();
      expect(await detect(pack(packing, Buffer.alloc(0)), environment)).toBeUndefined();
      expect(await detect(pack(packing, Buffer.alloc(1 << 20)), environment)).toBeUndefined();
    }
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", TEXT],
    ["text that begins like gzip", Buffer.from("\x1f\x8bgzip", "latin1")],
    ["text that begins like bzip2", Buffer.from("BZh9 is how it begins")],
    ["zeros", Buffer.alloc(20_000)],
    ["less than a header", TAR.subarray(0, 511)],
    ["a header with a wrong checksum", Buffer.concat([Buffer.from("X"), TAR.subarray(1)])],
  ])("takes %s for no archive", async (_what, content) => {
    expect(await detect(content)).toBeUndefined();
  });

  it("knows an archive without entries", async () => {
    expect(await detect(Buffer.alloc(10_240))).toBe("tar");
    expect(await detect(pack("gzip", Buffer.alloc(1024)))).toBe("tar.gz");
  });

  it("knows a damaged archive by its beginning", async () => {
    const packed = pack("gzip", makeTar([{ name: "file", content: randomBytes(100_000) }]));
    expect(await detect(packed.subarray(0, 50_000))).toBe("tar.gz");
  });

  it("knows a damaged archive by the little that came out of it", async () => {
    needPrograms("xz");
    expect(await detect(pack("xz", TAR).subarray(0, -10))).toBe("tar.xz");
  });

  it.each(PACKINGS)("does not guess what is in a file of %s that is damaged from the start", async (packing) => {
    if (packing !== "gzip") needPrograms(packing);
    for (const environment of [undefined, { PATH: "" }]) {
      const error = await caughtAsync(detect(pack(packing, TAR).subarray(0, 16), environment));
      expect(error).toMatchObject({ code: "ARCHIVE", hint: expect.stringContaining("Fetch the archive again") });
    }
  });

  it("tells of what is no file how to name one", async () => {
    const { directory } = makeWorld();
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const [path, hint] of [
      [directory, `${directory}/*.tar.gz`],
      [pipe, "into a file"],
    ] as const)
      expect(await caughtAsync(detectArchive(path))).toMatchObject({
        code: "INVALID_INPUT",
        hint: expect.stringContaining(hint),
      });
  });

  it("tells when there is no file", async () => {
    expect(await caughtAsync(detectArchive(join(makeWorld().directory, "none")))).toMatchObject({ code: "NOT_FOUND" });
  });
});
