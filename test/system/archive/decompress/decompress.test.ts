import { execFileSync } from "node:child_process";
import { pbkdf2, randomBytes } from "node:crypto";
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type Compression, decompress } from "../../../../src/system/archive/decompress/decompress.ts";
import { packedFile } from "../../../../src/system/archive/packed-file.ts";
import { makeTar, needPrograms, type Packing, pack } from "../../../helpers/archives.ts";
import { caughtAsync } from "../../../helpers/caught.ts";
import { refused } from "../../../helpers/extracted.ts";
import { runs } from "../../../helpers/runs.ts";
import { makeWorld } from "../../../helpers/worlds.ts";

const PROGRAMS = { PATH: process.env.PATH };
const LIBRARIES = { PATH: "" };

/** Text, so that it compresses, and bytes that do not. */
const CONTENT = Buffer.concat([
  Buffer.from("some text, again and again. ".repeat(2000)),
  randomBytes(3000),
  Buffer.alloc(5000),
]);

async function unpacked(packed: Uint8Array, compression: Compression, environment: Record<string, string | undefined>) {
  const path = join(makeWorld().directory, "packed");
  writeFileSync(path, packed);
  const chunks: Buffer[] = [];
  for await (const chunk of decompress(packedFile(path), compression, environment)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

type Way = readonly [packing: Packing, by: string, environment: Record<string, string | undefined>];

const WAYS: readonly Way[] = [
  ["gzip", "node:zlib", LIBRARIES],
  ...(["bzip2", "xz", "zstd"] as const).flatMap((packing): Way[] => [
    [packing, "its program", PROGRAMS],
    [packing, "the library", LIBRARIES],
  ]),
];

it.runIf(process.platform === "linux").each(WAYS)("%s by %s: when all is read the file is closed", async (...way) => {
  const [packing, , environment] = way;
  needPrograms(packing);
  const path = join(makeWorld().directory, "packed");
  writeFileSync(path, pack(packing, randomBytes(100)));
  // Closing needs a thread of those that are busy now.
  const busy = Array.from({ length: 8 }, () => promisify(pbkdf2)("", "", 20_000, 64, "sha512"));
  for await (const _chunk of decompress(packedFile(path), packing, environment));
  expect(openFiles(path)).toBe(0);
  await Promise.all(busy);
});

it("leaves an uncompressed file as it is", async () => {
  const content = randomBytes(3_000_000);
  expect((await unpacked(content, "none", LIBRARIES)).equals(content)).toBe(true);
});

it.each([
  ["bzip2", "QlpoOTFBWSZTWfta34QAAAORgEAEIgZIACAAIbUGmhDAilZhigyDIM8XckU4UJD7Wt+E"],
  [
    "xz",
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AAbABFdADCICmZUNwRGmqL1WAsgqAAAAAAAALt1+Rpa9a+LAAEtHIuzrRQftvN9AQAAAAAEWVo=",
  ],
  ["zstd", "KLUv/QRYhQAAUGEgc2FtcGxlLCABAPUKEhCE7N4="],
] as const)("reads %s also where no program is", async (compression, packed) => {
  const content = await unpacked(Buffer.from(packed, "base64"), compression, LIBRARIES);
  expect(content.toString()).toBe("a sample, a sample, a sample");
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in buffers that something still refers to. */
function heldBytes(): number {
  // The second collection waits for what the first one frees on the side.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe.each(WAYS)("%s by %s", (packing, _by, environment) => {
  const read = (packed: Uint8Array) => unpacked(packed, packing, environment);

  beforeEach(() => {
    needPrograms(packing);
  });

  it("gives the content back, whatever its size", async () => {
    for (const length of [0, 1, 1000, 2 ** 20 + 1]) {
      const content = randomBytes(length).fill("a", 0, Math.floor(length / 2));
      expect((await read(pack(packing, content))).equals(content)).toBe(true);
    }
  });

  it("joins members, wherever they meet", async () => {
    for (const length of [1, 100_000]) {
      const first = randomBytes(length);
      const packed = Buffer.concat([first, CONTENT, Buffer.alloc(0), first].map((each) => pack(packing, each)));
      expect((await read(packed)).equals(Buffer.concat([first, CONTENT, first]))).toBe(true);
    }
  });

  it("joins members that meet where a chunk of the file ends", async () => {
    const tail = pack(packing, Buffer.from("tail"));
    const filler = pack(packing, randomBytes(2 ** 20 - 2000));
    const rest = 2 ** 20 - filler.length;
    // Members of few bytes bring the border to where it is wanted.
    const small = pack(packing, Buffer.of());
    const count = Math.floor(rest / small.length);
    const packed = Buffer.concat([filler, ...Array.from({ length: count }, () => small), tail]);
    expect((await read(packed)).subarray(-4).toString()).toBe("tail");
  });

  it("notices that the end is missing, wherever it is cut", async () => {
    const packed = pack(packing, CONTENT);
    const cuts = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 20, 100, 1000, packed.length >> 1];
    for (const cut of cuts) await expect(read(packed.subarray(0, packed.length - cut))).rejects.toThrow();
    for (const kept of [6, 10, 13, 18, 30]) await expect(read(packed.subarray(0, kept))).rejects.toThrow();
  });

  it("notices that the second member's end is missing", async () => {
    const packed = pack(packing, CONTENT);
    for (const cut of [1, 4, 8, packed.length >> 1, packed.length - 1, packed.length - 5]) {
      const two = Buffer.concat([packed, packed.subarray(0, packed.length - cut)]);
      await expect(read(two)).rejects.toThrow();
    }
  });

  it("notices changed bytes, or gives the same content", async () => {
    const packed = pack(packing, CONTENT);
    const anyChange = fc.record({ at: fc.nat(packed.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(anyChange, async ({ at, bits }) => {
        const damaged = Buffer.from(packed);
        damaged[at] = (damaged[at] as number) ^ bits;
        const outcome = await read(damaged).catch(() => "noticed");
        expect(outcome === "noticed" || CONTENT.equals(outcome as Buffer)).toBe(true);
      }),
      { numRuns: runs(10) },
    );
  });

  it("notices a wrong checksum", async () => {
    // Near the end of each format's file stands nothing but checksums.
    const packed = pack(packing, CONTENT);
    const at = { gzip: packed.length - 6, bzip2: packed.length - 3, xz: packed.length - 40, zstd: packed.length - 2 };
    packed[at[packing]] = (packed[at[packing]] as number) ^ 0x10;
    await expect(read(packed)).rejects.toThrow();
  });

  it("refuses what follows and is no member", async () => {
    const packed = pack(packing, CONTENT);
    for (const rest of ["x", "rubbish that is long enough for a header of any kind"]) {
      await expect(read(Buffer.concat([packed, Buffer.from(rest)]))).rejects.toThrow();
    }
  });

  it("takes zeros at the end as the programs do: gzip, bzip2, and xz in fours", async () => {
    const padded = (zeros: number) => read(Buffer.concat([pack(packing, CONTENT), Buffer.alloc(zeros)]));
    if (packing !== "zstd") expect((await padded(1000)).equals(CONTENT)).toBe(true);
    else await expect(padded(1000)).rejects.toThrow();
    if (packing === "gzip" || packing === "bzip2") {
      const packed = Buffer.concat([pack(packing, CONTENT), Buffer.alloc(2 ** 20), Buffer.from("x")]);
      await expect(read(packed)).rejects.toThrow();
    }
  });

  it("takes zeros behind any content, wherever in its last byte a bzip2 stream ends", async () => {
    if (packing !== "bzip2") return;
    for (let length = 0; length < 40; length++) {
      const packed = Buffer.concat([pack(packing, CONTENT.subarray(0, length)), pack(packing, Buffer.of(length))]);
      for (const zeros of [1, 5, 70_000]) {
        const content = await read(Buffer.concat([packed, Buffer.alloc(zeros)]));
        expect(content.equals(Buffer.concat([CONTENT.subarray(0, length), Buffer.of(length)]))).toBe(true);
      }
    }
  });

  it("holds little of a large file in memory", async () => {
    // What zstd cannot make smaller shows what is kept of the packed bytes, the zeros what is kept of the others.
    const size = 48 * 2 ** 20;
    const path = join(makeWorld().directory, "packed");
    const source = packing === "zstd" ? "/dev/urandom" : "/dev/zero";
    // Not made in this process, whose memory is looked at.
    execFileSync("sh", ["-c", `head -c ${size} ${source} | ${packing} -1 > '${path}'`]);
    const start = heldBytes();
    let bytes = 0;
    let held = 0;
    let next = 0;
    for await (const chunk of decompress(packedFile(path), packing, environment)) {
      bytes += chunk.length;
      if (bytes < next) continue;
      held = Math.max(held, heldBytes() - start);
      next = bytes + 4 * 2 ** 20;
    }
    expect(bytes).toBe(size);
    expect(held).toBeLessThan(24 * 2 ** 20);
  });

  it("is given up in the middle and leaves nothing open", async () => {
    const path = join(makeWorld().directory, "packed");
    writeFileSync(path, pack(packing, randomBytes(2 ** 20)));
    const before = openFiles(path);
    for await (const chunk of decompress(packedFile(path), packing, environment)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(before).toBe(0);
    await expect.poll(() => openFiles(path)).toBe(0);
  });

  it("leaves nothing open when the data are damaged", async () => {
    const path = join(makeWorld().directory, "packed");
    const packed = pack(packing, randomBytes(2 ** 21));
    packed.fill(0x55, 2000, 3000);
    writeFileSync(path, packed);
    const reading = async () => {
      for await (const chunk of decompress(packedFile(path), packing, environment)) expect(chunk).toBeDefined();
    };
    await expect(reading()).rejects.toThrow();
    await expect.poll(() => openFiles(path)).toBe(0);
  });

  it("counts the bytes that it reads", async () => {
    const path = join(makeWorld().directory, "packed");
    writeFileSync(path, pack(packing, CONTENT));
    const file = packedFile(path);
    for await (const _ of decompress(file, packing, environment));
    expect(file.readBytes).toBe(file.size);
  });

  it("tells an archive's damage with the archive and the entry", async () => {
    const members = [{ name: "first" }, { name: "second", content: randomBytes(600_000) }];
    // bzip2 gives nothing of a block that is not whole, so the blocks are small.
    const packed = pack(packing, makeTar(members), packing === "bzip2" ? ["-1"] : []);
    const error = await refused(packed.subarray(0, packed.length >> 1), { environment });
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "second" } });
    expect(error.message).toContain(`damaged ${packing} data: `);
    const afterwards = await refused(packed.subarray(0, packed.length - 2), { environment });
    expect(afterwards).toMatchObject({ code: "ARCHIVE" });
  });
});

describe("options of the compressors", () => {
  const VARIANTS: readonly (readonly [Packing, readonly string[]])[] = [
    ["bzip2", ["-1"]],
    ["xz", ["--check=none"]],
    ["xz", ["--check=crc32"]],
    ["xz", ["-9e"]],
    ["xz", ["--block-size=5000", "-T2"]],
    ["zstd", ["--no-check"]],
    ["zstd", ["-19", "--ultra"]],
    ["zstd", ["--fast=5"]],
    ["zstd", ["--no-compress-literals"]],
    ["zstd", ["--long=25"]],
    ["zstd", ["-B1000", "-T2"]],
  ];

  it.each(VARIANTS)("%s %j: program and library agree", async (packing, args) => {
    needPrograms(packing);
    const packed = pack(packing, CONTENT, args);
    const [one, other] = await Promise.all([unpacked(packed, packing, PROGRAMS), unpacked(packed, packing, LIBRARIES)]);
    expect([one.equals(CONTENT), other.equals(CONTENT)]).toEqual([true, true]);
  });

  it.each([
    ["xz", ["--check=sha256"]],
    ["xz", ["--x86", "--lzma2"]],
  ] as const)("%s %j: the library refuses what it cannot verify or read", async (packing, args) => {
    needPrograms(packing);
    const packed = pack(packing, CONTENT, args);
    expect((await unpacked(packed, packing, PROGRAMS)).equals(CONTENT)).toBe(true);
    await expect(unpacked(packed, packing, LIBRARIES)).rejects.toThrow();
  });

  it.each([
    ["bzip2", ["-1"]],
    ["xz", ["--check=none"]],
    ["zstd", ["--no-check"]],
  ] as const)("%s %j: a missing end is noticed without a checksum", async (packing, args) => {
    needPrograms(packing);
    const packed = pack(packing, CONTENT, args);
    for (const environment of [PROGRAMS, LIBRARIES]) {
      for (const cut of [1, 4, 12, packed.length >> 1]) {
        await expect(unpacked(packed.subarray(0, packed.length - cut), packing, environment)).rejects.toThrow(
          /unexpected|premature|read error|code 8/i,
        );
      }
    }
  });

  it("xz --check=sha256: the program verifies", async () => {
    needPrograms("xz");
    const packed = pack("xz", CONTENT, ["--check=sha256"]);
    packed[packed.length - 40] = (packed[packed.length - 40] as number) ^ 1;
    await expect(unpacked(packed, "xz", PROGRAMS)).rejects.toThrow();
  });

  it("zstd: the library agrees with the program on contents of all kinds", async () => {
    needPrograms("zstd");
    const anyContent = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc
        .array(fc.constantFrom("a", "bc", "def", "\0\0\0\0"), { maxLength: 5000 })
        .map((parts) => Buffer.from(parts.join(""))),
      fc.nat(400_000).map((length) => Buffer.alloc(length, "run ")),
    );
    await fc.assert(
      fc.asyncProperty(anyContent, fc.constantFrom("-1", "-3", "-12", "--fast=3"), async (content, level) => {
        expect((await unpacked(pack("zstd", content, [level]), "zstd", LIBRARIES)).equals(content)).toBe(true);
      }),
      { numRuns: runs(10) },
    );
  });

  it("zstd: skips frames that say so", async () => {
    needPrograms("zstd");
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const packed = Buffer.concat([skippable, pack("zstd", CONTENT), skippable, skippable, pack("zstd", CONTENT)]);
    for (const environment of [PROGRAMS, LIBRARIES]) {
      expect((await unpacked(packed, "zstd", environment)).length).toBe(2 * CONTENT.length);
      const cut = packed.subarray(0, skippable.length - 1);
      await expect(unpacked(cut, "zstd", environment)).rejects.toThrow();
    }
  });

  it("zstd: refuses a window that needs too much memory, before it takes it", async () => {
    // Frame header: no checksum, no size, window of 2 TiB; then a last block of one byte.
    const packed = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x09, 0x00, 0x00, 0x61]);
    await expect(unpacked(packed, "zstd", LIBRARIES)).rejects.toThrow("too much memory");
    await expect(unpacked(packed, "zstd", PROGRAMS)).rejects.toThrow();
  });

  it("takes no options for the programs from the environment", async () => {
    needPrograms("xz", "bzip2");
    const environment = {
      ...PROGRAMS,
      XZ_OPT: "--no-such-option",
      XZ_DEFAULTS: "--no-such-option",
      BZIP2: "-t",
      BZIP: "-t",
    };
    for (const packing of ["xz", "bzip2"] as const) {
      expect((await unpacked(pack(packing, CONTENT), packing, environment)).equals(CONTENT)).toBe(true);
    }
  });

  it("gives the programs no empty options either, of which zstd complains", async () => {
    needPrograms("zstd");
    const damaged = pack("zstd", CONTENT).subarray(0, -5);
    await expect(unpacked(damaged, "zstd", PROGRAMS)).rejects.toThrow(/^(?!.*environment)/s);
  });

  it("does not look for programs in relative directories", async () => {
    needPrograms("xz");
    const world = makeWorld();
    const directory = world.tree({ xz: { exec: "#!/bin/sh\necho hijacked\n" } });
    const packed = pack("xz", CONTENT);
    const before = process.cwd();
    process.chdir(directory);
    try {
      expect((await unpacked(packed, "xz", { PATH: "::.:./" })).equals(CONTENT)).toBe(true);
    } finally {
      process.chdir(before);
    }
    expect((await unpacked(packed, "xz", { PATH: directory })).toString()).toBe("hijacked\n");
  });

  it("tells how a program failed that says nothing", async () => {
    const directory = makeWorld().tree({
      xz: { exec: "#!/bin/sh\nexit 3\n" },
      bzip2: { exec: "#!/bin/sh\nkill -TERM $$\n" },
    });
    const environment = { PATH: directory };
    await expect(unpacked(CONTENT, "xz", environment)).rejects.toThrow("xz ended with 3");
    await expect(unpacked(CONTENT, "bzip2", environment)).rejects.toThrow("bzip2 ended with SIGTERM");
  });

  it("tells which program cannot be started", async () => {
    const directory = makeWorld().tree({ xz: { exec: "#!/no/such/interpreter\n" } });
    const error = await caughtAsync(unpacked(CONTENT, "xz", { PATH: directory }));
    expect(error).toMatchObject({ code: "FAILED", details: { program: join(directory, "xz") } });
  });
});

/** How many file descriptors of this process are open on the file; programs that were started have their own. */
function openFiles(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}
