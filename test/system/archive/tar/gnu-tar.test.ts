import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, linkSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { type ByteString, fromText, toFsPath } from "../../../../src/model/byte-string.ts";
import { extractArchive } from "../../../../src/system/archive/extract-archive.ts";
import { anyTree } from "../../../helpers/any-tree.ts";
import { needPrograms, ORACLE_RUNS, PACKINGS } from "../../../helpers/archives.ts";
import { treeOf, WIDE } from "../../../helpers/extracted.ts";
import { type Entry, makeWorld, readTree, type World } from "../../../helpers/worlds.ts";

type Format = "v7" | "ustar" | "oldgnu" | "gnu" | "pax";

const FORMATS: readonly (readonly [Format, readonly string[]])[] = [
  ["v7", []],
  ["ustar", []],
  ["oldgnu", []],
  ["gnu", []],
  ["pax", []],
  ["gnu", ["--sparse"]],
  ["oldgnu", ["--sparse"]],
  ["pax", ["--sparse", "--sparse-version=0.0"]],
  ["pax", ["--sparse", "--sparse-version=0.1"]],
  ["pax", ["--sparse", "--sparse-version=1.0"]],
];

/** Packs the directory with GNU tar and extracts it with GNU tar and with us. */
async function bothWays(world: World, source: string, args: readonly string[]) {
  const archive = join(world.directory, "archive");
  tar(["--create", `--file=${archive}`, ...args, `--directory=${source}`, "."]);
  const [oracle, target] = [world.tree({}), world.tree({})];
  tar(["--extract", `--file=${archive}`, `--directory=${oracle}`]);
  const result = await extractArchive(archive, target, { strip: 0, limits: WIDE });
  return { oracle, target, result };
}

function tar(args: readonly string[]): void {
  execFileSync("tar", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Kinds, contents, who may execute, and which names are one file. */
function shapeOf(directory: string) {
  const groups = new Map<number, string[]>();
  for (const [path, seen] of readTree(directory)) {
    if (seen.kind === "file") groups.set(seen.inode, [...(groups.get(seen.inode) ?? []), path]);
  }
  return { tree: treeOf(directory), groups: [...groups.values()].map((paths) => paths.sort().join("\n")).sort() };
}

interface Extras {
  /** Files get one more name each, somewhere else. */
  readonly hardLinks: readonly number[];
  /** Parts of a path that is too long for one field, or for any. */
  readonly long: readonly number[];
  /** Where in a file the data stand: in blocks of 4 KiB. */
  readonly blocks: readonly number[];
}

const anyExtras: fc.Arbitrary<Extras> = fc.record({
  hardLinks: fc.array(fc.nat(100), { maxLength: 4 }),
  long: fc.array(fc.integer({ min: 1, max: 250 }), { maxLength: 4 }),
  blocks: fc.uniqueArray(fc.nat(200), { maxLength: 40 }),
});

/** Writes the tree with what a map of entries cannot say. */
function writeSource(world: World, entries: ReadonlyMap<ByteString, Entry>, extras: Extras, format: Format): string {
  const source = world.tree(entries);
  writeSparse(join(source, "sparse"), extras.blocks);
  const files = [...readTree(source)].filter(([, seen]) => seen.kind === "file").map(([path]) => path);
  extras.hardLinks.forEach((pick, at) => {
    const from = `${fromText(source)}/${files[pick % files.length]}` as ByteString;
    linkSync(toFsPath(from), join(source, `hard${at}`));
  });
  const parts = extras.long.map((length) => "l".repeat(length));
  const long = parts.join("/");
  if (parts.length === 0 || (long.length > 45 && (format === "v7" || format === "ustar"))) return source;
  world.tree({ [`${long}/${"n".repeat(parts[0]!.length)}`]: "long", "long-link": { link: long } }, source);
  return source;
}

function writeSparse(path: string, blocks: readonly number[]): void {
  const fd = openSync(path, "w");
  for (const block of blocks) writeSync(fd, `data of block ${block}`, block * 4096);
  ftruncateSync(fd, 210 * 4096);
  closeSync(fd);
}

describe("agreement with GNU tar", () => {
  beforeEach(() => needPrograms("tar"));

  it.each(FORMATS)("on any tree, in format %s %j", async (format, args) => {
    await fc.assert(
      fc.asyncProperty(anyTree, anyExtras, async (entries, extras) => {
        fc.pre(!(entries as ReadonlyMap<string, Entry>).has("sparse"));
        const world = makeWorld();
        const source = writeSource(world, entries, extras, format);
        const { oracle, target } = await bothWays(world, source, [`--format=${format}`, ...args]);
        expect(shapeOf(target)).toEqual(shapeOf(oracle));
        expect(treeOf(target)).toEqual(treeOf(source));
      }),
      { numRuns: ORACLE_RUNS },
    );
  });

  it.each(PACKINGS)("on archives compressed by %s", async (packing) => {
    needPrograms(packing);
    const world = makeWorld();
    const source = world.tree({ "a/b": "content ".repeat(10_000), run: { exec: "#!" }, link: { link: "a" } });
    const { oracle, target } = await bothWays(world, source, [`--${packing}`]);
    expect(shapeOf(target)).toEqual(shapeOf(oracle));
    expect(treeOf(target)).toEqual(treeOf(source));
  });

  it.each(["gnu", "pax"] as const)(
    "on names longer than 255 bytes and trees hundreds deep, in format %s",
    async (format) => {
      const world = makeWorld();
      const deep = "deeper/".repeat(300);
      const source = world.tree({
        [`${deep}file`]: "bottom",
        [`${"x".repeat(255)}/${"y".repeat(255)}/z`]: "",
        link: { link: deep },
      });
      const { oracle, target } = await bothWays(world, source, [`--format=${format}`]);
      expect(shapeOf(target)).toEqual(shapeOf(oracle));
    },
  );

  it("on numbers beyond octal digits", async () => {
    const world = makeWorld();
    const source = world.tree({ file: "x" });
    const args = ["--format=gnu", "--owner=:3000000", "--group=:4000000000", "--mtime=1901-01-01", "--numeric-owner"];
    const archive = join(world.directory, "archive");
    tar(["--create", `--file=${archive}`, ...args, `--directory=${source}`, "."]);
    const target = world.tree({});
    await extractArchive(archive, target, { strip: 0, limits: WIDE });
    expect(treeOf(target)).toEqual({ file: "file: x" });
  });

  it("on labels, incremental archives, and files that were appended again", async () => {
    const world = makeWorld();
    const source = world.tree({ "d/file": "first", other: "" });
    const archive = join(world.directory, "archive");
    const where = `--directory=${source}`;
    tar(["--create", "--format=gnu", `--file=${archive}`, "--label=volume", "--incremental", where, "."]);
    world.tree({ "d/file": "second", other: { exec: "third" } }, source);
    tar(["--append", `--file=${archive}`, "--format=gnu", where, "./d/file", "./other"]);
    const [oracle, target] = [world.tree({}), world.tree({})];
    tar(["--extract", `--file=${archive}`, `--directory=${oracle}`]);
    await extractArchive(archive, target, { strip: 0, limits: WIDE });
    expect(treeOf(target)).toEqual(treeOf(oracle));
    expect(treeOf(target)["d/file"]).toBe("file: second");
  });

  it("on archives of any blocking factor, and on one without entries", async () => {
    const world = makeWorld();
    for (const args of [["--blocking-factor=1"], ["--blocking-factor=2000"], ["--exclude=*", "--no-recursion"]]) {
      const { oracle, target } = await bothWays(world, world.tree({ file: "x" }), args);
      expect(treeOf(target)).toEqual(treeOf(oracle));
    }
  });

  it("on GNU's multi-volume archives: the first volume has a file without its end", async () => {
    const world = makeWorld();
    const source = world.tree({ big: "x".repeat(25_000) });
    const first = join(world.directory, "first");
    const second = join(world.directory, "second");
    const volumes = ["--multi-volume", "--tape-length=20", `--file=${first}`, `--file=${second}`];
    tar(["--create", "--format=gnu", ...volumes, `--directory=${source}`, "."]);
    for (const [volume, reason] of [
      [first, /breaks off|cut short|whole/],
      [second, /multi-volume/],
    ] as const) {
      await expect(extractArchive(volume, world.tree({}), { strip: 0, limits: WIDE })).rejects.toThrow(reason);
    }
  });
});

it("reads what python's tarfile writes, in each of its formats", async () => {
  needPrograms("python3");
  const script = `
import io, sys, tarfile
with tarfile.open(sys.argv[1], "w", format=getattr(tarfile, sys.argv[2])) as t:
    for name in ["plain", "n" * 150, "d" * 90 + "/" + "f" * 90, "caf\\u00e9"]:
        info = tarfile.TarInfo(name); info.size = 4
        t.addfile(info, io.BytesIO(b"text"))
    info = tarfile.TarInfo("link"); info.type = tarfile.SYMTYPE; info.linkname = "t" * 150 if sys.argv[2] != "USTAR_FORMAT" else "t"
    t.addfile(info)
`;
  for (const format of ["GNU_FORMAT", "PAX_FORMAT"]) {
    const world = makeWorld();
    const archive = join(world.directory, "archive");
    execFileSync("python3", ["-c", script, archive, format]);
    const target = world.tree({});
    await extractArchive(archive, target, { strip: 0, limits: WIDE });
    expect(treeOf(target)).toEqual({
      plain: "file: text",
      ["n".repeat(150)]: "file: text",
      ["d".repeat(90)]: "directory",
      [`${"d".repeat(90)}/${"f".repeat(90)}`]: "file: text",
      "caf\xc3\xa9": "file: text",
      link: `link: ${"t".repeat(150)}`,
    });
  }
});
