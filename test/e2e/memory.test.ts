import { once } from "node:events";
import { closeSync, openSync, readFileSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

const MIB = 2 ** 20;
/** Usually so little that what reads an archive, or a file of it, as a whole breaks the bound; `npm run test:memory` adds 2 GiB. */
const BYTES = Number(process.env.STORE_ARCHIVE_MIB ?? 600) * MIB;
/** The most that a command may have in memory, in KiB: 250 MB. */
const MOST_KIB = 250_000_000 / 1024;

const place = placeWithRoom(2 * BYTES + 100 * MIB);
if (!place) process.stderr.write(`SKIPPED: memory for large archives: there is no room for ${2 * BYTES} bytes\n`);

function placeWithRoom(bytes: number): "memory" | "disk" | undefined {
  if (roomIn("/dev/shm") >= bytes && freemem() >= 2 * bytes) return "memory";
  return roomIn(tmpdir()) >= bytes ? "disk" : undefined;
}

function roomIn(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** The header of a regular file (ustar). */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0);
  const fields = [octal(0o644, 7), octal(0, 7), octal(0, 7), octal(size, 11), octal(0, 11), " ".repeat(8), "0"];
  block.write(fields.join(""), 100);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

/** Pieces of a .tar with files of `each` bytes; no two blocks of a mebibyte are the same, and none can be left out. */
function* largeTar(each: number): Generator<Buffer> {
  const piece = Buffer.alloc(MIB);
  for (let at = 0, seed = 1; at < MIB; at += 4) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    piece.writeUInt32LE(seed, at);
  }
  for (let number = 0; number * each < BYTES; number++) {
    yield header(`big-1/${number}`, each);
    for (let done = 0; done < each; done += MIB) {
      piece.write(`${number} ${done}`.padEnd(32), 0);
      yield piece;
    }
  }
  yield Buffer.alloc(1024);
}

/** Each piece is a member of its own, stored: as fast as writing, and read as any other gzip file is. */
function* zipped(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) yield gzipSync(piece, { level: 0 });
}

function writePieces(path: string, pieces: Iterable<Buffer>): void {
  const fd = openSync(path, "w");
  for (const piece of pieces) writeSync(fd, piece);
  closeSync(fd);
}

/** Has a Node process write the most that it had in memory, in KiB, to $PEAK when it ends. */
const WATCH = `process.on("exit", () =>
  require("node:fs").writeFileSync(process.env.PEAK, String(process.resourceUsage().maxRSS)));\n`;

describe("adding a large archive keeps little of it in memory", () => {
  // Skipped only where neither memory nor disk has room for the archive and what is unpacked: the notice above says so.
  it.skipIf(!place).each([
    ["a .tar of one file", "big-1.tar", () => largeTar(BYTES)],
    ["a .tar of files of 8 MiB", "big-1.tar", () => largeTar(8 * MIB)],
    ["a .tar.gz of one file", "big-1.tar.gz", () => zipped(largeTar(BYTES))],
  ])("%s", { timeout: 300_000 }, async (_, name, pieces) => {
    const world = makeStoreWorld({ memory: place === "memory" });
    const file = (own: string) => join(world.directory, own);
    writeFileSync(file("watch.cjs"), WATCH);
    writePieces(file(name), pieces());
    const env = { PEAK: file("peak"), NODE_OPTIONS: `--require=${file("watch.cjs")}` };
    const child = world.start(["add", file(name)], { env });
    child.stdout.resume();
    const errors = child.stderr.setEncoding("utf8").toArray();
    expect(await once(child, "close"), (await errors).join("")).toEqual([0, null]);
    const peak = Number(readFileSync(file("peak"), "utf8"));
    expect(peak).toBeGreaterThan(10_000);
    expect(peak).toBeLessThan(MOST_KIB);
  });
});
