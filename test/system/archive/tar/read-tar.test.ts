import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { base256, gnuLong, makeTar, octal, paxHeader, type TarMember } from "../../../helpers/archives.ts";
import { extracted, refused } from "../../../helpers/extracted.ts";

const FILE: TarMember = { name: "file", content: "content" };
const LONG = `${"long/".repeat(40)}name`;

async function treeFrom(members: readonly TarMember[]): Promise<Readonly<Record<string, string>>> {
  return (await extracted(makeTar(members))).tree;
}

function refusedMembers(members: readonly TarMember[]) {
  return refused(makeTar(members));
}

describe("kinds of entries", () => {
  it("writes files, directories, symlinks and hard links", async () => {
    const { tree, result, target } = await extracted(
      makeTar([
        { name: "d/" },
        { name: "d/plain", content: "one" },
        { name: "d/run", content: "two", mode: 0o755 },
        { name: "link", type: "2", link: "/nowhere/at all" },
        { name: "hard", type: "1", link: "d/run" },
        { name: "hard-link-to-symlink", type: "1", link: "link" },
        { name: "contiguous", type: "7", content: "three" },
        { name: "old", type: "\0", content: "four", format: "v7" },
        { name: "implied/parents/file", content: "" },
      ]),
    );
    expect(tree).toEqual({
      d: "directory",
      "d/plain": "file: one",
      "d/run": "exec: two",
      link: "link: /nowhere/at all",
      hard: "exec: two",
      "hard-link-to-symlink": "link: /nowhere/at all",
      contiguous: "file: three",
      old: "file: four",
      implied: "directory",
      "implied/parents": "directory",
      "implied/parents/file": "file: ",
    });
    expect(result).toEqual({ entries: 11, bytes: 15, strippedDirectory: undefined });
    expect(statSync(join(target, "hard")).ino).toBe(statSync(join(target, "d/run")).ino);
  });

  it.each([
    [0o000, 0o644],
    [0o4755, 0o755],
    [0o1000, 0o644],
    [0o001, 0o755],
    [0o444, 0o644],
    [0o777, 0o755],
  ])("gives a file of mode %o the mode %o", async (mode, expected) => {
    const { target } = await extracted(makeTar([{ name: "file", mode }]));
    expect(lstatSync(join(target, "file")).mode & 0o7777).toBe(expected & ~process.umask());
  });

  it.each([0o555, 0o000, 0o7777])("gives a directory of mode %o the mode 755 and writes into it", async (mode) => {
    const { target } = await extracted(makeTar([{ name: "d/", mode }, { name: "d/file" }]));
    expect(lstatSync(join(target, "d")).mode & 0o7777).toBe(0o755 & ~process.umask());
  });

  it.each([
    ["3", "device"],
    ["4", "device"],
    ["6", "FIFO"],
    ["M", "multi-volume"],
    ["N", "not supported"],
    ["Z", "not supported"],
  ])("refuses the type %s", async (type, reason) => {
    const error = await refusedMembers([FILE, { name: "odd", type }]);
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "odd" } });
    expect(error.message).toContain(reason);
  });

  it("skips labels, access lists and global comments, and makes a directory of an incremental archive", async () => {
    const tree = await treeFrom([
      { name: "label", type: "V", size: Buffer.alloc(12) },
      paxHeader({ comment: "0123456789abcdef" }, "g"),
      { name: "acl", type: "A", content: "user::rwx" },
      { name: "dump/", type: "D", content: "Yfile\0\0" },
      FILE,
    ]);
    expect(tree).toEqual({ dump: "directory", file: "file: content" });
  });

  it.each(["path", "linkpath", "size", "GNU.sparse.major"])("refuses a global header with %s", async (key) => {
    expect(await refusedMembers([paxHeader({ [key]: "1" }, "g"), FILE])).toMatchObject({ code: "ARCHIVE" });
  });

  it.each(["GNU.volume.filename", "SCHILY.realsize", "SUN.holesdata"])("refuses what loses data: %s", async (key) => {
    expect((await refusedMembers([paxHeader({ [key]: "1" }), FILE])).message).toContain(key);
  });
});

describe("names", () => {
  it.each([
    ["/etc/passwd", "absolute"],
    ["//etc", "absolute"],
    ["../up", "'..'"],
    ["a/../b", "'..'"],
    ["a/..", "'..'"],
    ["..", "'..'"],
  ])("refuses %s", async (name, reason) => {
    const error = await refusedMembers([FILE, { name }]);
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: name } });
    expect(error.message).toContain(reason);
  });

  it.each(["...", "..a", "a..", ".hidden", "a/b/.../c"])("takes %s", async (name) => {
    expect(await treeFrom([{ name }])).toHaveProperty([name], "file: ");
  });

  it.each([
    ["./a//b/./c", "a/b/c"],
    [".//x", "x"],
  ])("takes %s for %s", async (name, path) => {
    expect(await treeFrom([{ name, content: "1" }])).toHaveProperty([path], "file: 1");
  });

  it("takes an empty name and '.' for the top, which only a directory can be", async () => {
    expect(await treeFrom([{ name: "./" }, { name: "", type: "5" }, FILE])).toEqual({ file: "file: content" });
    expect(await refusedMembers([{ name: "." }])).toMatchObject({ code: "ARCHIVE" });
    expect(await refusedMembers([{ name: "", type: "2", link: "x" }])).toMatchObject({ code: "ARCHIVE" });
  });

  it("refuses a NUL in a long name", async () => {
    const inPax = await refusedMembers([paxHeader({ path: "a\0b" }), FILE]);
    const inGnu = await refusedMembers([gnuLong("L", "a\0b"), FILE]);
    expect([inPax.details.entry, inGnu.details.entry]).toEqual(["a%00b", "a%00b"]);
    expect(inPax.message).toContain("NUL");
  });

  it("refuses a NUL, or nothing, as the target of a symlink", async () => {
    const link = { name: "link", type: "2", link: "x" };
    expect(await refusedMembers([paxHeader({ linkpath: "a\0b" }), link])).toMatchObject({ code: "ARCHIVE" });
    expect(await refusedMembers([{ ...link, link: "" }])).toMatchObject({ code: "ARCHIVE" });
  });

  it("refuses a name longer than any path, or with a part longer than any name, in a short message", async () => {
    for (const name of [`${"x/".repeat(3000)}x`, `${"x/".repeat(250_000)}x`, "y".repeat(300), "z".repeat(500_000)]) {
      const error = await refusedMembers([paxHeader({ path: name }), FILE]);
      expect(error.code).toBe("ARCHIVE");
      expect(error.message.length).toBeLessThan(2000);
    }
  });

  it("keeps bytes that are not UTF-8, in each way to write a name", async () => {
    const name = Buffer.from("caf\xe9/\xff\xfe", "latin1");
    const ways: TarMember[][] = [
      [{ name, content: "1" }],
      [paxHeader({ path: name, linkpath: name, hdrcharset: "BINARY" }), { name: "x", content: "1" }],
      [gnuLong("L", name), { name: "x", content: "1", format: "gnu" }],
    ];
    for (const way of ways) expect(await treeFrom(way)).toHaveProperty(["caf\xe9/\xff\xfe"], "file: 1");
    expect(await treeFrom([{ name: "l", type: "2", link: name }])).toEqual({ l: "link: caf\xe9/\xff\xfe" });
  });

  it("keeps newlines and percent signs in names of PAX headers", async () => {
    expect(await treeFrom([paxHeader({ path: "a\nb=c %41" }), FILE])).toEqual({ "a\nb=c %41": "file: content" });
  });

  it("joins the prefix of POSIX's format, and only of that", async () => {
    const patch = (header: Buffer) => header.write("up/here", 345);
    expect(await treeFrom([{ ...FILE, patch }])).toHaveProperty(["up/here/file"]);
    expect(await treeFrom([{ ...FILE, patch, format: "gnu" }])).toEqual({ file: "file: content" });
    expect(await treeFrom([{ ...FILE, patch, format: "v7" }])).toEqual({ file: "file: content" });
  });

  it("takes names of 100 bytes without a NUL", async () => {
    const name = "n".repeat(100);
    expect(await treeFrom([{ name, content: "1" }])).toEqual({ [name]: "file: 1" });
  });

  it("takes long names and link targets of GNU and PAX, for one entry only", async () => {
    const tree = await treeFrom([
      gnuLong("L", LONG),
      { ...FILE, format: "gnu" },
      gnuLong("K", LONG),
      gnuLong("L", "hard"),
      { name: "x", type: "1", link: "x", format: "gnu" },
      paxHeader({ linkpath: LONG, path: "soft" }),
      { name: "x", type: "2", link: "x" },
      { name: "after", type: "2", link: "x" },
    ]);
    expect(tree).toMatchObject({
      [LONG]: "file: content",
      hard: "file: content",
      soft: `link: ${LONG}`,
      after: "link: x",
    });
  });

  it("reads the content under a long name that is cut off after a slash", async () => {
    const name = `${"d".repeat(99)}/file`;
    for (const long of [gnuLong("L", name), paxHeader({ path: name })]) {
      expect(await treeFrom([long, { name, content: "1", type: "0" }])).toHaveProperty([name], "file: 1");
    }
  });

  it("prefers PAX over GNU's long name, the later header over the earlier, and takes an empty record for none", async () => {
    expect(await treeFrom([gnuLong("L", "gnu"), paxHeader({ path: "pax" }), FILE])).toHaveProperty("pax");
    expect(await treeFrom([paxHeader({ path: "one" }), paxHeader({ path: "two" }), FILE])).toHaveProperty("two");
    expect(await treeFrom([paxHeader({ path: "" }), FILE])).toHaveProperty("file");
  });

  it("shows odd bytes of names escaped in messages", async () => {
    const error = await refusedMembers([{ name: Buffer.from("../\x1b[31m\xff", "latin1") }]);
    expect(error.message).toContain("'../%1B[31m%FF'");
  });
});

describe("links", () => {
  const OUT: TarMember = { name: "out", type: "2", link: "../../around" };

  it.each([
    ["a file", { name: "out/canary", content: "overwritten" }],
    ["a directory", { name: "out/new/" }],
    ["a symlink", { name: "out/new", type: "2", link: "x" }],
    ["a hard link", { name: "out/new", type: "1", link: "file" }],
    ["something further down", { name: "out/a/b/c" }],
  ])("does not write %s through a symlink", async (_what, member: TarMember) => {
    const error = await refusedMembers([FILE, OUT, member]);
    expect(error.message).toContain("through the symlink 'out'");
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: member.name } });
  });

  it("does not write through a symlink inside the archive either", async () => {
    const members = [{ name: "d/" }, { name: "l", type: "2", link: "d" }, { name: "l/file" }];
    expect((await refusedMembers(members)).message).toContain("through the symlink 'l'");
  });

  it("does not write through a hard link to a symlink", async () => {
    const members = [OUT, { name: "again", type: "1", link: "out" }, { name: "again/new" }];
    expect((await refusedMembers(members)).message).toContain("through the symlink 'again'");
  });

  it.each(["/etc/passwd", "/file", "../canary", "later", "d/../file", "out/canary", "missing/x", ""])(
    "refuses a hard link to '%s'",
    async (link) => {
      const error = await refusedMembers([FILE, OUT, { name: "hard", type: "1", link }, { name: "later" }]);
      expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "hard" } });
    },
  );

  it("refuses a hard link to a directory", async () => {
    const members = [{ name: "d/" }, { name: "hard", type: "1", link: "d" }];
    expect((await refusedMembers(members)).message).toContain("the directory 'd'");
  });

  it("takes a hard link to itself for what is there", async () => {
    expect(await treeFrom([FILE, { name: "./file", type: "1", link: "file" }])).toEqual({ file: "file: content" });
  });

  it("writes the file anew when it comes again, not through its hard link", async () => {
    const tree = await treeFrom([FILE, { name: "hard", type: "1", link: "file" }, { ...FILE, content: "new" }]);
    expect(tree).toEqual({ file: "file: new", hard: "file: content" });
  });
});

describe("an entry that comes twice", () => {
  const DIR: TarMember = { name: "x/" };
  const PLAIN: TarMember = { name: "x", content: "old" };
  const LINK: TarMember = { name: "x", type: "2", link: "y" };

  it.each([
    ["file over file", PLAIN, { name: "x", content: "new", mode: 0o755 }, "exec: new"],
    ["file over symlink", LINK, { name: "x", content: "new" }, "file: new"],
    ["symlink over file", PLAIN, { name: "x", type: "2", link: "z" }, "link: z"],
    ["symlink over symlink", LINK, { name: "x", type: "2", link: "z" }, "link: z"],
    ["directory over file", PLAIN, DIR, "directory"],
    ["directory over symlink", LINK, DIR, "directory"],
    ["file over empty directory", DIR, { name: "x", content: "new" }, "file: new"],
    ["symlink over empty directory", DIR, { name: "x", type: "2", link: "z" }, "link: z"],
    ["directory over directory", DIR, DIR, "directory"],
  ])("%s: the last one counts", async (_what, first: TarMember, second: TarMember, expected) => {
    expect(await treeFrom([first, second])).toEqual({ x: expected });
  });

  it("does not change what the replaced symlink points to", async () => {
    const tree = await treeFrom([{ name: "y", content: "kept" }, LINK, { name: "x", content: "new" }]);
    expect(tree).toEqual({ y: "file: kept", x: "file: new" });
  });

  it("merges directories", async () => {
    const tree = await treeFrom([DIR, { name: "x/a" }, DIR, { name: "x/b" }]);
    expect(tree).toEqual({ x: "directory", "x/a": "file: ", "x/b": "file: " });
  });

  it("puts files into a directory that replaced a symlink, not where it pointed", async () => {
    const tree = await treeFrom([{ name: "y/" }, LINK, DIR, { name: "x/in" }]);
    expect(tree).toEqual({ y: "directory", x: "directory", "x/in": "file: " });
  });

  it.each([
    ["a file", PLAIN],
    ["a symlink", LINK],
    ["a hard link", { name: "x", type: "1", link: "other" }],
  ])("refuses %s over a directory that is not empty", async (_what, member: TarMember) => {
    const error = await refusedMembers([{ name: "other" }, { name: "x/in" }, member]);
    expect(error.message).toContain("not empty");
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "x" } });
  });

  it("refuses a file where a directory is needed", async () => {
    const error = await refusedMembers([PLAIN, { name: "x/in" }]);
    expect(error.message).toContain("'x' is a file");
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "x/in" } });
  });

  it("refuses content under the name of a directory", async () => {
    const member = { name: "x/", type: "0", content: "a", patch: (header: Buffer) => header.write("\0", 1) };
    expect(await refusedMembers([paxHeader({ path: "x/" }), member])).toMatchObject({ code: "ARCHIVE" });
  });
});

describe("numbers and headers", () => {
  it("reads sizes in base 256 and in PAX headers", async () => {
    const tree = await treeFrom([
      { name: "a", content: "12345", size: base256(5) },
      paxHeader({ size: "3" }),
      { name: "b", content: "123", size: 0 },
      FILE,
    ]);
    expect(tree).toEqual({ a: "file: 12345", b: "file: 123", file: "file: content" });
  });

  it.each([
    ["more than JavaScript counts", Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0xff)])],
    ["negative", Buffer.alloc(12, 0xff)],
    ["no number", Buffer.from("not a number")],
  ])("refuses a size that is %s", async (_what, size) => {
    expect(await refusedMembers([FILE, { name: "odd", size }])).toMatchObject({ code: "ARCHIVE" });
  });

  it.each([
    ["no number", "x path=a\n"],
    ["too short a length", "5 path=a\n"],
    ["too long a length", "99999999 path=a\n"],
    ["an absurd length", `${"9".repeat(300)} path=a\n`],
    ["no equals sign", "7 path\n"],
    ["no newline", "9 path=ab"],
    ["a zero length", "0 path=a\n"],
  ])("refuses a PAX record with %s", async (_what, content) => {
    const error = await refusedMembers([{ name: "pax", type: "x", content }, FILE]);
    expect(error.message).toContain("extended header");
    expect(error.code).toBe("ARCHIVE");
  });

  it.each(["-1", "1e3", "12x", "99999999999999999999"])("refuses the size %s in a PAX header", async (size) => {
    expect(await refusedMembers([paxHeader({ size }), FILE])).toMatchObject({ code: "ARCHIVE" });
  });

  it.each(["x", "g", "L", "K"])("refuses a header of type %s and absurd length before it reads it", async (type) => {
    const error = await refusedMembers([{ name: "absurd", type, size: 2 ** 33 - 1 }]);
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "absurd" } });
    expect(error.message).toContain(`${2 ** 33 - 1} bytes`);
  });

  it("takes zeros for the end of the records", async () => {
    const records = Buffer.concat([Buffer.from("9 path=a\n"), Buffer.alloc(20)]);
    expect(await treeFrom([{ name: "pax", type: "x", content: records }, FILE])).toEqual({ a: "file: content" });
  });

  it.each<[string, number, Buffer]>([
    ["time", 136, base256(2 ** 60)],
    ["owner", 108, base256(2 ** 60).subarray(4)],
  ])("takes no notice of a %s that no number of JavaScript can be", async (_, at, value) => {
    const patch = (header: Buffer) => {
      value.copy(header, at);
      header[at] = 0x80;
    };
    expect(await treeFrom([{ ...FILE, patch }])).toEqual({ file: "file: content" });
  });

  it("takes the sum of an old program, which took bytes for signed numbers", async () => {
    const archive = makeTar([{ name: "é", content: "content" }]);
    const sum = archive.subarray(0, 512).reduce((total, byte, at) => {
      return total + (at >= 148 && at < 156 ? 32 : byte < 128 ? byte : byte - 256);
    }, 0);
    archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(Object.values((await extracted(archive)).tree)).toEqual(["file: content"]);
  });

  it("refuses a header with a wrong checksum and names the entry before it", async () => {
    const archive = makeTar([FILE, { name: "second" }]);
    archive.write("X", 1024);
    expect((await refused(archive)).message).toMatch(/'file' is the last one that is whole/);
  });

  it("reads directories of old archives by their slash", async () => {
    expect(await treeFrom([{ name: "d/", type: "\0", format: "v7" }])).toEqual({ d: "directory" });
  });
});

describe("the end", () => {
  const TWO = makeTar([FILE, { name: "second", content: "x".repeat(1000) }]);

  it.each([
    ["without an end marker", TWO.length - 1024, "second"],
    ["inside of the padding", TWO.length - 1030, "second"],
    ["inside of the content", TWO.length - 1024 - 600, "second"],
    ["at the start of the content", 1024 + 512, "second"],
    ["inside of a header", 1024 + 100, "file"],
    ["after an entry", 1024, "file"],
    ["inside of the first header", 511, undefined],
  ])("refuses an archive cut %s", async (_what, length, entry) => {
    const error = await refused(TWO.subarray(0, length));
    expect(error.code).toBe("ARCHIVE");
    expect(error.details.entry).toBe(entry);
  });

  it.each(["x", "L"])("refuses an archive cut inside of a header of type %s", async (type) => {
    const archive = makeTar([{ name: "cut", type, content: "y".repeat(2000) }], { endBlocks: 0 });
    expect(await refused(archive.subarray(0, 1000))).toMatchObject({ code: "ARCHIVE", details: { entry: "cut" } });
  });

  it("is content with one block of zeros, as long as nothing follows", async () => {
    expect((await extracted(makeTar([FILE], { endBlocks: 1 }))).tree).toEqual({ file: "file: content" });
    const members = Buffer.concat([makeTar([FILE], { endBlocks: 1 }), makeTar([{ name: "b" }])]);
    expect((await refused(members)).message).toContain("a single block of zeros");
  });

  it("does not look at what follows the end marker", async () => {
    const archive = Buffer.concat([makeTar([FILE]), makeTar([{ name: "../hostile" }]), Buffer.from("rubbish")]);
    expect((await extracted(archive)).tree).toEqual({ file: "file: content" });
  });

  it("refuses what is no tar archive", async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("text"), Buffer.alloc(2000, "text")]) {
      expect((await refused(bytes)).message).toContain("is no tar archive");
    }
  });
});

describe("sparse files", () => {
  const DATA = `${"A".repeat(512)}${"B".repeat(100)}`;
  const CONTENT = `file: ${"\0".repeat(1024)}${"A".repeat(512)}${"\0".repeat(512)}${"B".repeat(100)}${"\0".repeat(400)}`;
  const SIZE = CONTENT.length - 6;
  const NUMBERS = [1024, 512, 2048, 100];

  function old(numbers: readonly number[], more: Partial<TarMember> & { readonly realSize?: number } = {}): TarMember {
    const patch = (header: Buffer) => {
      Buffer.concat(numbers.map((value) => octal(value))).copy(header, 386);
      octal(more.realSize ?? SIZE).copy(header, 483);
    };
    return { name: "sparse", type: "S", format: "gnu", content: DATA, patch, ...more };
  }

  function pax(map: Readonly<Record<string, string>> | [string, string][], content = DATA): TarMember[] {
    return [paxHeader(map), { name: "sparse", content }, FILE];
  }

  /** Blocks of a map, each of which says that another one follows. */
  function endlessMap(): Buffer {
    const block = Buffer.concat([
      Buffer.concat(Array.from({ length: 42 }, () => octal(0))),
      Buffer.from([1]),
      Buffer.alloc(7),
    ]);
    return Buffer.concat(Array.from({ length: 48_000 }, () => block));
  }

  function withMore(header: Buffer): void {
    header[482] = 1;
    octal(9).copy(header, 483);
  }

  const V1 = { "GNU.sparse.major": "1", "GNU.sparse.minor": "0" };
  const V1_MAP = "2\n1024\n512\n2048\n100\n".padEnd(512, "\0");

  it.each([
    ["GNU's old format", [old(NUMBERS), FILE]],
    [
      "PAX 0.0",
      pax([
        ["GNU.sparse.size", `${SIZE}`],
        ["GNU.sparse.numblocks", "2"],
        ["GNU.sparse.offset", "1024"],
        ["GNU.sparse.numbytes", "512"],
        ["GNU.sparse.offset", "2048"],
        ["GNU.sparse.numbytes", "100"],
      ]),
    ],
    ["PAX 0.1", pax({ "GNU.sparse.size": `${SIZE}`, "GNU.sparse.map": NUMBERS.join() })],
    ["PAX 1.0", pax({ ...V1, "GNU.sparse.realsize": `${SIZE}` }, V1_MAP + DATA)],
  ])("reads %s", async (_what, members: TarMember[]) => {
    const { tree, result } = await extracted(makeTar(members));
    expect(tree).toEqual({ sparse: CONTENT, file: "file: content" });
    expect(result.bytes).toBe(SIZE + 7);
  });

  it.each([
    ["old format", [old([], { patch: withMore, content: endlessMap() })]],
    ["PAX 1.0", pax({ ...V1, "GNU.sparse.realsize": "9" }, "99999999\n".padEnd(1024, "0\n"))],
  ])("refuses a map with absurdly many segments: %s", async (_what, members: TarMember[]) => {
    expect((await refusedMembers(members)).message).toContain("too many holes");
  });

  it("takes the name from the map's header", async () => {
    const records = { "GNU.sparse.name": "real", "GNU.sparse.size": `${SIZE}`, "GNU.sparse.map": NUMBERS.join() };
    expect(await treeFrom(pax(records))).toHaveProperty("real", CONTENT);
  });

  it("reads many segments: further blocks of the old format, a map of several blocks in PAX 1.0", async () => {
    const numbers = Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? at * 512 : 1));
    const data = "x".repeat(100);
    const blocks = Array.from({ length: 5 }, (_, block) => {
      const extension = Buffer.alloc(512);
      const part = numbers.slice(8 + block * 42, 8 + (block + 1) * 42);
      Buffer.concat(part.map((value) => octal(value))).copy(extension);
      extension[504] = block < 4 ? 1 : 0;
      return extension;
    });
    const oldHeader = old(numbers.slice(0, 8), { content: Buffer.concat([...blocks, Buffer.from(data)]), size: 100 });
    const realSize = 198 * 512 + 1;
    const patch = (header: Buffer) => {
      oldHeader.patch?.(header);
      header[482] = 1;
      octal(realSize).copy(header, 483);
    };
    const map = `100\n${numbers.join("\n")}\n`;
    const content = map.padEnd(Math.ceil(map.length / 512) * 512, "\0") + data;
    const [a, b] = await Promise.all([
      treeFrom([{ ...oldHeader, patch }]),
      treeFrom(pax({ ...V1, "GNU.sparse.realsize": `${realSize}` }, content)),
    ]);
    expect(a.sparse).toBe(b.sparse);
    expect(a.sparse?.length).toBe(realSize + 6);
    expect(a.sparse?.replaceAll("\0", "")).toBe(`file: ${data}`);
  });

  it("reads offsets beyond what octal digits hold, without writing the hole", async () => {
    const far = 9 * 2 ** 30;
    const patch = (header: Buffer) => {
      base256(far).copy(header, 386);
      octal(4).copy(header, 398);
      base256(far + 4).copy(header, 483);
    };
    const { target } = await extracted(makeTar([old([], { content: "tail", patch })]));
    expect(statSync(join(target, "sparse")).size).toBe(far + 4);
    expect(statSync(join(target, "sparse")).blocks).toBeLessThan(1000);
  });

  it.each([
    ["segments that overlap", [old([0, 512, 100, 100])]],
    ["segments out of order", [old([2048, 512, 0, 100])]],
    ["a segment beyond the end", [old([1024, 512, SIZE, 100])]],
    ["less data than segments", [old([1024, 512, 2048, 200])]],
    ["more data than segments", [old([1024, 512])]],
    ["no number in it", [old(NUMBERS, { patch: (header) => header.write("zz", 386) })]],
    ["an unknown version", pax({ "GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" })],
    ["no size", pax({ "GNU.sparse.map": NUMBERS.join() })],
    ["an odd map", pax({ "GNU.sparse.size": `${SIZE}`, "GNU.sparse.map": "1024,512,2048" })],
    ["a map that never ends", pax({ ...V1, "GNU.sparse.realsize": "9" }, "1".repeat(3000))],
    ["a map longer than the data", pax({ ...V1, "GNU.sparse.realsize": "9" }, "2\n0\n")],
    ["star's layout", [{ ...old(NUMBERS), format: "ustar" as const }]],
  ])("refuses %s", async (_what, members: TarMember[]) => {
    const error = await refusedMembers(members);
    expect(error.code).toBe("ARCHIVE");
    expect(error.message).toMatch(/holes|sparse|number/);
  });
});

it("takes chunks of any size, from a file that grows past one chunk", async () => {
  const members = Array.from({ length: 40 }, (_, at) => ({ name: `f${at}`, content: Buffer.alloc(97_001, at + 65) }));
  const { tree, result } = await extracted(makeTar(members));
  expect(Object.keys(tree)).toHaveLength(40);
  expect(tree.f39).toBe(`file: ${String.fromCharCode(104).repeat(97_001)}`);
  expect(result.bytes).toBe(40 * 97_001);
});
