import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extractArchive } from "../../../../src/system/archive/extract-archive.ts";
import { anyTree } from "../../../helpers/any-tree.ts";
import { makeZip, needPrograms, ORACLE_RUNS, type ZipMember } from "../../../helpers/archives.ts";
import { extracted, refused, treeOf, WIDE } from "../../../helpers/extracted.ts";
import { makeWorld, type TreeData } from "../../../helpers/worlds.ts";

const FILE: ZipMember = { name: "file", content: "content" };
const LINK = 0o120777;
const PROGRAM = Buffer.from(`#!/bin/sh\n${"unzip me\n".repeat(100)}`);

async function treeFrom(members: readonly ZipMember[]): Promise<Readonly<Record<string, string>>> {
  return (await extracted(makeZip(members))).tree;
}

function refusedMembers(members: readonly ZipMember[]) {
  return refused(makeZip(members));
}

describe("kinds of entries", () => {
  it("writes files, directories and symlinks, stored and deflated", async () => {
    const { tree, result } = await extracted(
      makeZip([
        { name: "d/" },
        { name: "d/plain", content: "one" },
        { name: "d/stored", content: "two", isStored: true },
        { name: "d/empty", isStored: true },
        { name: "run", content: "three", mode: 0o100755 },
        { name: "read", content: "four", mode: 0o100444 },
        { name: "link", content: "/nowhere/at all", mode: LINK },
        { name: "unix", mode: 0o040500 },
        { name: "implied/file" },
      ]),
    );
    expect(tree).toEqual({
      d: "directory",
      "d/plain": "file: one",
      "d/stored": "file: two",
      "d/empty": "file: ",
      run: "exec: three",
      read: "file: four",
      link: "link: /nowhere/at all",
      unix: "directory",
      implied: "directory",
      "implied/file": "file: ",
    });
    expect(result).toEqual({ entries: 10, bytes: 15, strippedDirectory: undefined });
  });

  it("gives modes without setuid, and the owner's rights to directories", async () => {
    const { target } = await extracted(
      makeZip([
        { name: "run", mode: 0o104711 },
        { name: "d/", mode: 0o040000 },
      ]),
    );
    const modeOf = (name: string) => lstatSync(join(target, name)).mode & 0o7777;
    expect([modeOf("run"), modeOf("d")]).toEqual([0o755 & ~process.umask(), 0o755 & ~process.umask()]);
  });

  it.each([
    [0o020644, "device"],
    [0o060644, "device"],
    [0o010644, "FIFO"],
    [0o140644, "socket"],
  ])("refuses the mode %o, but not what was read from such a file", async (mode, reason) => {
    const error = await refusedMembers([FILE, { name: "odd", mode }]);
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "odd" } });
    expect(error.message).toContain(reason);
    const content = "what was read from it";
    expect(await treeFrom([{ name: "read", mode, content }])).toEqual({ read: `file: ${content}` });
  });

  it("takes what the zip program read from its standard input for the file that unzip makes of it", async () => {
    needPrograms("zip");
    const { directory } = makeWorld();
    execFileSync("sh", ["-c", "echo content | zip -q - - > stdin.zip"], { cwd: directory });
    const { tree } = await extracted(readFileSync(join(directory, "stdin.zip")));
    expect(tree).toEqual({ "-": "file: content\n" });
  });

  it("takes modes only from archives made on Unix", async () => {
    const patchCentral = (header: Buffer) => {
      header.writeUInt8(10, 5);
      header.writeUInt32LE((LINK << 16) >>> 0, 38);
    };
    expect(await treeFrom([{ ...FILE, patchCentral }])).toEqual({ file: "file: content" });
  });

  it("reads files larger than a chunk", async () => {
    const content = Buffer.alloc(3_000_000, "some text that compresses ");
    const { target } = await extracted(
      makeZip([
        { name: "a", content },
        { name: "b", content, isStored: true },
      ]),
    );
    expect(readFileSync(join(target, "a")).equals(content)).toBe(true);
    expect(readFileSync(join(target, "b")).equals(content)).toBe(true);
  });

  it("is content with no entries", async () => {
    expect(await treeFrom([])).toEqual({});
  });
});

describe("names", () => {
  it.each(["/abs", "../up", "a/../b", "a/.."])("refuses %s", async (name) => {
    expect(await refusedMembers([FILE, { name }])).toMatchObject({ code: "ARCHIVE", details: { entry: name } });
  });

  it("refuses a NUL", async () => {
    const error = await refusedMembers([{ name: "a\0b" }]);
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "a%00b" } });
  });

  it("keeps bytes from Unix, and bytes that are marked as UTF-8", async () => {
    const name = Buffer.from("caf\xe9", "latin1");
    expect(await treeFrom([{ name, mode: 0o100644 }])).toEqual({ "caf\xe9": "file: " });
    expect(await treeFrom([{ name: "café", flags: 0x800 }])).toEqual({ "caf\xc3\xa9": "file: " });
    expect(await treeFrom([{ name: "back\\slash", mode: 0o100644 }])).toEqual({ "back\\slash": "file: " });
  });

  it("reads other systems' names in code page 437, their backslashes as slashes", async () => {
    expect(await treeFrom([{ name: Buffer.from("d\\caf\x82", "latin1") }])).toEqual({
      d: "directory",
      "d/caf\xc3\xa9": "file: ",
    });
    expect(await refusedMembers([{ name: "..\\up" }])).toMatchObject({ code: "ARCHIVE" });
  });

  it("takes backslashes for slashes in names that are marked as UTF-8, too, unless they are from Unix", async () => {
    const flags = 0x800;
    expect(await treeFrom([{ name: "d\\é", flags }])).toEqual({ d: "directory", "d/\xc3\xa9": "file: " });
    expect(await treeFrom([{ name: "d\\é", flags, mode: 0o100644 }])).toEqual({ "d\\\xc3\xa9": "file: " });
    for (const name of ["..\\up", "\\abs", "a\\..\\..\\b"])
      expect(await refusedMembers([{ name, flags }])).toMatchObject({ code: "ARCHIVE" });
  });

  it("prefers Info-ZIP's Unicode path to code page 437 while it belongs to the name", async () => {
    const unicode = (crc: number) => {
      const field = Buffer.alloc(9);
      field.writeUInt16LE(0x7075, 0);
      field.writeUInt16LE(10, 2);
      field[4] = 1;
      field.writeUInt32LE(crc >>> 0, 5);
      return Buffer.concat([field, Buffer.from("café")]);
    };
    expect(await treeFrom([{ name: "cafe", extra: unicode(crc32("cafe") ^ 1) }])).toEqual({ cafe: "file: " });
    expect(await treeFrom([{ name: "cafe", extra: unicode(crc32("cafe")) }])).toEqual({ "caf\xc3\xa9": "file: " });
    expect(await treeFrom([{ name: "cafe", mode: 0o100644, extra: unicode(crc32("cafe")) }])).toHaveProperty("cafe");
  });
});

describe("links and entries that come twice", () => {
  const OUT: ZipMember = { name: "out", content: "../../around", mode: LINK };

  it("does not write through a symlink", async () => {
    const error = await refusedMembers([OUT, { name: "out/canary", content: "overwritten" }]);
    expect(error.message).toContain("through the symlink 'out'");
  });

  it("replaces a symlink, not what it points to", async () => {
    expect(await treeFrom([OUT, { name: "out", content: "new" }])).toEqual({ out: "file: new" });
  });

  it("lets the last one count", async () => {
    expect(await treeFrom([FILE, { ...FILE, content: "new" }])).toEqual({ file: "file: new" });
  });

  it("refuses a file where a directory is needed", async () => {
    expect(await refusedMembers([FILE, { name: "file/in" }])).toMatchObject({ code: "ARCHIVE" });
  });

  it.each([
    ["", "no possible path"],
    ["a\0b", "no possible path"],
    ["x".repeat(5000), "more than any path"],
  ])("refuses a symlink to '%s'", async (content, reason) => {
    const error = await refusedMembers([{ name: "link", content, mode: LINK }]);
    expect(error.code).toBe("ARCHIVE");
    expect(error.message).toContain(reason);
  });

  it("refuses content under the name of a directory", async () => {
    expect(await refusedMembers([{ name: "d/", content: "x" }])).toMatchObject({ code: "ARCHIVE" });
  });
});

describe("damage", () => {
  const both = (patch: (common: Buffer) => void): Partial<ZipMember> => ({
    patchLocal: (header) => patch(header.subarray(4)),
    patchCentral: (header) => patch(header.subarray(6)),
  });
  const LARGE = Buffer.alloc(2_000_000, "large enough for a stream ");

  it.each([
    ["encrypted", both((common) => common.writeUInt16LE(1, 2)), "is encrypted"],
    ["strongly encrypted", both((common) => common.writeUInt16LE(0x41, 2)), "encryption"],
    ["compressed by LZMA", both((common) => common.writeUInt16LE(14, 4)), "by method 14"],
    ["with a wrong checksum", both((common) => common.writeUInt32LE(1, 10)), "wrong checksum"],
    ["longer than it says", both((common) => common.writeUInt32LE(5, 18)), "longer"],
    ["shorter than it says", both((common) => common.writeUInt32LE(8, 18)), "shorter"],
    ["with another local name", { patchLocal: (header: Buffer) => header.writeUInt16LE(3, 26) }, "two headers"],
    ["with another local size", { patchLocal: (header: Buffer) => header.writeUInt32LE(5, 22) }, "two headers"],
    ["with another local checksum", { patchLocal: (header: Buffer) => header.writeUInt32LE(5, 14) }, "two headers"],
    ["with another local method", { patchLocal: (header: Buffer) => header.writeUInt16LE(0, 8) }, "two headers"],
    ["only locally encrypted", { patchLocal: (header: Buffer) => header.writeUInt16LE(1, 6) }, "two headers"],
  ])("refuses an entry that is %s", async (_what, patch: Partial<ZipMember>, reason) => {
    const error = await refusedMembers([{ ...FILE, ...patch }]);
    expect(error.code).toBe("ARCHIVE");
    expect(error.message).toContain(reason);
  });

  it.each([
    ["small", "content"],
    ["large", LARGE],
  ])("refuses a %s entry with damaged data, cut data, or rubbish after them", async (_size, content) => {
    const packed = deflateRawSync(content);
    const flipped = Buffer.from(packed);
    flipped[0] = 0x07;
    for (const bad of [flipped, packed.subarray(0, -2), Buffer.concat([packed, Buffer.from("rubbish")])]) {
      const error = await refusedMembers([{ name: "file", content, packed: bad }]);
      expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "file" } });
    }
  });

  it("refuses a large entry that is longer than it says", async () => {
    const packed = deflateRawSync(Buffer.concat([LARGE, LARGE]));
    expect((await refusedMembers([{ name: "file", content: LARGE, packed }])).message).toContain("longer");
  });

  it("takes sizes that stand behind the data", async () => {
    const patchLocal = (header: Buffer) => {
      header.writeUInt16LE(8, 6);
      header.fill(0, 14, 26);
    };
    expect(await treeFrom([{ ...FILE, patchLocal }])).toEqual({ file: "file: content" });
  });

  it.each([
    ["as it was made", (zip: Buffer) => zip],
    ["written to a pipe", undefined],
  ])("takes an archive with a program before it, %s, its positions moved or not", async (_, made) => {
    needPrograms("zip");
    const { directory } = makeWorld();
    const file = join(directory, "made.zip");
    execFileSync("sh", ["-c", "mkdir d; echo content > d/file; zip -qr - d > piped.zip"], { cwd: directory });
    const zip = made?.(makeZip([{ name: "d/" }, { name: "d/file", content: "content\n" }]));
    writeFileSync(file, Buffer.concat([PROGRAM, zip ?? readFileSync(join(directory, "piped.zip"))]));
    const expected = { d: "directory", "d/file": "file: content\n" };
    expect((await extracted(readFileSync(file))).tree).toEqual(expected);
    execFileSync("zip", ["-qA", file]);
    expect((await extracted(readFileSync(file))).tree).toEqual(expected);
  });

  it("takes the last one of two archives behind each other, as unzip does", async () => {
    const two = Buffer.concat([makeZip([FILE]), makeZip([{ name: "last", content: "one" }])]);
    expect((await extracted(two)).tree).toEqual({ last: "file: one" });
  });

  it("takes a list of entries with something behind it", async () => {
    const zip = makeZip([FILE]);
    const behind = Buffer.concat([zip.subarray(0, -22), Buffer.from("PK\x05\x05\x03\x00sig"), zip.subarray(-22)]);
    expect((await extracted(behind)).tree).toEqual({ file: "file: content" });
  });

  it("refuses entries that share their data", async () => {
    const error = await refusedMembers([FILE, { ...FILE, at: 0 }]);
    expect(error.message).toContain("overlaps another entry");
  });

  it("refuses an entry inside of another one's data", async () => {
    const inner = makeZip([{ name: "inner", content: "x" }]);
    const error = await refusedMembers([
      { name: "outer", content: inner, isStored: true },
      { name: "inner", content: "x", at: 30 + "outer".length },
    ]);
    expect(error.message).toContain("overlaps another entry");
  });

  it("refuses an entry that stands behind the central directory", async () => {
    const inner: ZipMember = { name: "inner", content: "x", isStored: true };
    const comment = makeZip([inner]).subarray(0, 30 + "inner".length + "x".length);
    const at = makeZip([FILE, inner]).length;
    expect((await extracted(makeZip([FILE, inner], { comment }))).tree).toHaveProperty("inner");
    const error = await refused(makeZip([FILE, { ...inner, at }], { comment }));
    expect(error.message).toContain("overlaps the list of entries");
  });

  it("refuses a directory with more entries than it says, or fewer", async () => {
    expect((await refused(makeZip([FILE, { name: "b" }], { count: 1 }))).message).toContain("more entries");
    expect((await refused(makeZip([FILE], { count: 2 }))).code).toBe("ARCHIVE");
  });

  it("refuses an archive cut anywhere, or with rubbish after it", async () => {
    const archive = makeZip([FILE, { name: "second", content: "more" }]);
    for (let length = 4; length < archive.length; length += 1) {
      expect((await refused(archive.subarray(0, length))).code).toBe("ARCHIVE");
    }
    expect((await refused(Buffer.concat([archive, Buffer.from("x")]))).code).toBe("ARCHIVE");
  });

  it("refuses all before it writes anything when the sizes go beyond the limit", async () => {
    const archive = makeZip([FILE, { name: "second", content: "more" }]);
    const error = await refused(archive, { limits: { maxBytes: 10 } });
    expect(error.code).toBe("LIMIT");
    expect(error.details).not.toHaveProperty("entry");
  });
});

describe("archives that other programs made", () => {
  const pythonZip = `
import sys, os, zipfile
top, out, method = sys.argv[1:]
with zipfile.ZipFile(out, "w", int(method), allowZip64=True) as z:
    for directory, _, files in os.walk(top):
        for name in files:
            path = os.path.join(directory, name)
            z.write(path, os.path.relpath(path, top))
`;

  it.each([0, 8])("reads what python's zipfile writes (method %i)", async (method) => {
    needPrograms("python3");
    const world = makeWorld();
    const tree = world.tree({ "a/b": "one".repeat(1000), "a/café": { exec: "two" }, "z\n": "" });
    const archive = join(world.directory, "a.zip");
    execFileSync("python3", ["-c", pythonZip, tree, archive, String(method)]);
    const target = world.tree({});
    await extractArchive(archive, target, { strip: 0, limits: WIDE });
    expect(treeOf(target)).toEqual(treeOf(tree));
  });

  it("reads what python's zipfile streams, and zip64", async () => {
    needPrograms("python3");
    const script = `
import sys, zipfile
class Pipe:
    def write(self, data): return sys.stdout.buffer.write(data)
    def flush(self): pass
with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as z:
    with z.open("streamed", "w", force_zip64=True) as f: f.write(b"streamed " * 1000)
    z.writestr(zipfile.ZipInfo("plain"), b"plain")
`;
    const archive = execFileSync("python3", ["-c", script]);
    expect((await extracted(archive)).tree).toEqual({
      plain: "file: plain",
      streamed: `file: ${"streamed ".repeat(1000)}`,
    });
  });

  it("reads more entries than 16 bits count, as zip64 lists them", async () => {
    needPrograms("python3");
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    for i in range(66000): z.writestr("d/", b"") if i else z.writestr("f", b"x")
`;
    const world = makeWorld();
    const archive = join(world.directory, "a.zip");
    execFileSync("python3", ["-W", "ignore", "-c", script, archive]);
    const result = await extractArchive(archive, world.tree({}), { strip: 0, limits: WIDE });
    expect(result.entries).toBe(66_000);
  });

  it("gives back any tree that zip took", async () => {
    needPrograms("zip");
    await fc.assert(
      fc.asyncProperty(anyTree, async (entries) => {
        const taken = [...entries].filter(([path]) => !isStdin(path));
        fc.pre(taken.length > 0);
        const { tree, target } = await throughZip(new Map(taken));
        expect(treeOf(target)).toEqual(treeOf(tree));
      }),
      { numRuns: ORACLE_RUNS },
    );
  });

  it("agrees with unzip", async () => {
    needPrograms("zip", "unzip");
    await fc.assert(
      fc.asyncProperty(anyTree, async (entries) => {
        // unzip takes no other names than these; with -V it does not cut a VMS version, such as ";1", off a name.
        const plain = [...entries].filter(([path]) => /^[ -~]*$/.test(path) && !isStdin(path));
        fc.pre(plain.length > 0);
        const { archive, target, world } = await throughZip(new Map(plain));
        const oracle = world.tree({});
        execFileSync("unzip", ["-qV", archive, "-d", oracle]);
        expect(treeOf(target)).toEqual(treeOf(oracle));
      }),
      { numRuns: ORACLE_RUNS },
    );
  });

  it("refuses what zip encrypted", async () => {
    needPrograms("zip");
    const world = makeWorld();
    const tree = world.tree({ secret: "x" });
    const archive = join(world.directory, "a.zip");
    execFileSync("zip", ["-q", "-P", "password", archive, "secret"], { cwd: tree });
    expect((await refused(readFileSync(archive))).message).toContain("'secret' is encrypted");
  });
});

/** zip takes such a file for its standard input, also inside of a directory. */
function isStdin(path: string): boolean {
  return path.split("/").includes("-");
}

/** Packs a tree with zip and extracts it. */
async function throughZip(entries: TreeData) {
  const world = makeWorld();
  const tree = world.tree(entries);
  const archive = join(world.directory, "a.zip");
  execFileSync("zip", ["-q", "-r", "--symlinks", archive, "."], { cwd: tree });
  const target = world.tree({});
  await extractArchive(archive, target, { strip: 0, limits: WIDE });
  return { world, tree, archive, target };
}
