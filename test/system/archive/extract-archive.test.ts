import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ExtractProgress, extractArchive } from "../../../src/system/archive/extract-archive.ts";
import { makeTar, makeZip, needPrograms, PACKINGS, pack, paxHeader, type TarMember } from "../../helpers/archives.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { extracted, refused, treeOf, WIDE } from "../../helpers/extracted.ts";
import { makeWorld } from "../../helpers/worlds.ts";

const MEMBERS: readonly TarMember[] = [
  { name: "top/" },
  { name: "top/bin/run", content: "#!", mode: 0o755 },
  { name: "top/link", type: "2", link: "bin/run" },
  { name: "top/hard", type: "1", link: "top/bin/run" },
];
const TREE = { bin: "directory", "bin/run": "exec: #!", link: "link: bin/run", hard: "exec: #!" };
const TAR = makeTar(MEMBERS);
const BIG = makeTar([
  { name: "zeros", content: Buffer.alloc(20 * 2 ** 20) },
  { name: "after", content: "x" },
]);

describe("formats", () => {
  it("reads .tar", async () => {
    expect((await extracted(TAR, { strip: 1 })).tree).toEqual(TREE);
  });

  it.each(PACKINGS)("reads a tar archive compressed by %s", async (packing) => {
    if (packing !== "gzip") needPrograms(packing);
    expect((await extracted(pack(packing, TAR), { strip: 1 })).tree).toEqual(TREE);
  });

  it("reads .zip", async () => {
    const { tree } = await extracted(makeZip([{ name: "top/" }, { name: "top/a", content: "1" }]), { strip: 1 });
    expect(tree).toEqual({ a: "file: 1" });
  });

  it("refuses a missing archive, and a directory", async () => {
    const { directory } = makeWorld();
    const options = { strip: 0, limits: WIDE };
    expect(await caughtAsync(extractArchive(join(directory, "none"), directory, options))).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await caughtAsync(extractArchive(directory, directory, options))).toMatchObject({ code: "INVALID_INPUT" });
  });
});

describe("strip", () => {
  const auto = { strip: "auto" } as const;

  it("moves the content of the only directory at the top up, and tells its name", async () => {
    const { tree, result } = await extracted(TAR, auto);
    expect(tree).toEqual(TREE);
    expect(result.strippedDirectory).toBe("top");
  });

  it("finds the directory also when it is only implied, or below '.'", async () => {
    const implied = await extracted(makeTar([{ name: "caf\xe9/x" }, { name: "caf\xe9/y" }]), auto);
    const below = await extracted(makeTar([{ name: "./" }, { name: "./top/" }, { name: "./top/x" }]), auto);
    expect([implied.tree, below.tree]).toEqual([{ x: "file: ", y: "file: " }, { x: "file: " }]);
    expect(implied.result.strippedDirectory).toBe("caf\xc3\xa9");
  });

  it("copes with children named like the directory, and like what stands in for it", async () => {
    const members = ["d/d/x", "d/_", "d/__", "d/D"].map((name) => ({ name }));
    expect((await extracted(makeTar(members), auto)).tree).toEqual({
      d: "directory",
      "d/x": "file: ",
      _: "file: ",
      __: "file: ",
      D: "file: ",
    });
  });

  it.each([
    ["two directories", [{ name: "a/x" }, { name: "b/" }]],
    ["a file beside the directory", [{ name: "a/x" }, { name: "b" }]],
    ["a symlink to a directory", [{ name: "a", type: "2", link: "." }]],
    ["one file", [{ name: "a" }]],
    ["nothing", []],
  ])("leaves %s as it is", async (_what, members: TarMember[]) => {
    const [plain, stripped] = await Promise.all([extracted(makeTar(members)), extracted(makeTar(members), auto)]);
    expect(stripped.tree).toEqual(plain.tree);
    expect(stripped.result.strippedDirectory).toBeUndefined();
  });

  it("empties the target for a directory with nothing in it", async () => {
    const { tree, result } = await extracted(makeTar([{ name: "only/" }]), auto);
    expect([tree, result.strippedDirectory]).toEqual([{}, "only"]);
  });

  it("works below a target whose own name is not ASCII", async () => {
    const { directory } = makeWorld();
    const target = join(directory, "zi\u00e9l \u{1f600}");
    mkdirSync(target);
    const archive = join(directory, "a.tar");
    writeFileSync(archive, makeTar([{ name: "d/é" }, { name: Buffer.from("d/\xff", "latin1") }]));
    await extractArchive(archive, target, { strip: "auto", limits: WIDE });
    expect(treeOf(target)).toEqual({ "\xc3\xa9": "file: ", "\xff": "file: " });
  });

  it.each([0, 1, 2, 3])("takes %i components off as GNU tar does", async (strip) => {
    needPrograms("tar");
    const { directory } = makeWorld();
    const names = ["./a/b/c", "x/y", "x/./z/w", "one", "p/q/r/", "p/q/r/s", "..t/u/v/w"];
    const members: TarMember[] = names.map((name) => ({ name, content: name.endsWith("/") ? "" : name }));
    const archive = join(directory, "a.tar");
    writeFileSync(
      archive,
      makeTar([...members, { name: "h/h/h/h", type: "1", link: "x/./z/w" }].slice(0, strip < 3 ? 8 : 7)),
    );
    const oracle = join(directory, "oracle");
    const target = join(directory, "target");
    mkdirSync(oracle);
    mkdirSync(target);
    execFileSync("tar", ["-xf", archive, "-C", oracle, `--strip-components=${strip}`]);
    await extractArchive(archive, target, { strip, limits: WIDE });
    expect(treeOf(target)).toEqual(treeOf(oracle));
  });

  it("checks names that vanish, too, and refuses a hard link to an entry that vanished", async () => {
    expect((await refused(makeTar([{ name: "../x" }]), { strip: 5 })).code).toBe("ARCHIVE");
    const members = [{ name: "a" }, { name: "d/hard", type: "1", link: "a" }];
    expect((await refused(makeTar(members), { strip: 1 })).message).toContain("stripped away");
  });
});

describe("limits", () => {
  it("counts entries, implied directories too", async () => {
    const archive = makeTar([{ name: "a/b/c" }, { name: "d" }]);
    expect((await extracted(archive, { limits: { maxEntries: 4 } })).result.entries).toBe(4);
    const error = await refused(archive, { limits: { maxEntries: 3 } });
    expect(error).toMatchObject({ code: "LIMIT", details: { entry: "d", limit: "maxEntries", allowed: 3 } });
  });

  it("counts entries of zip archives", async () => {
    const archive = makeZip([{ name: "a" }, { name: "b" }]);
    expect((await extracted(archive, { limits: { maxEntries: 2 } })).result.entries).toBe(2);
    expect((await refused(archive, { limits: { maxEntries: 1 } })).code).toBe("LIMIT");
  });

  it.each([
    ["tar", TAR, TAR.length],
    ["tar.gz", pack("gzip", TAR), TAR.length],
    [
      "zip",
      makeZip([
        { name: "a", content: "12345" },
        { name: "b", content: "678" },
      ]),
      8,
    ],
  ])("counts the expanded bytes of %s", async (_what, archive, bytes) => {
    await extracted(archive, { limits: { maxBytes: bytes } });
    const error = await refused(archive, { limits: { maxBytes: bytes - 1 } });
    expect(error).toMatchObject({ code: "LIMIT", details: { limit: "maxBytes" } });
  });

  it("refuses a file that is too large before it writes any of it", async () => {
    const error = await refused(makeTar([{ name: "large", size: 2 ** 32 }]), { limits: { maxBytes: 2 ** 31 } });
    expect(error).toMatchObject({ code: "LIMIT", details: { entry: "large", limit: "maxBytes" } });
  });

  it("counts the holes of sparse files", async () => {
    const records = { "GNU.sparse.size": "99999999", "GNU.sparse.map": "0,0" };
    const members = [paxHeader(records), { name: "holes" }];
    await extracted(makeTar(members), { limits: { maxBytes: 100_100_000 } });
    expect(await refused(makeTar(members), { limits: { maxBytes: 50_000_000 } })).toMatchObject({ code: "LIMIT" });
    expect(await refused(makeTar(members), { limits: { maxRatio: 1000 } })).toMatchObject({
      code: "LIMIT",
      details: { limit: "maxRatio" },
    });
  });

  it("counts the ratio only beyond 16 MiB", async () => {
    const small = makeTar([{ name: "zeros", content: Buffer.alloc(15 * 2 ** 20) }]);
    await extracted(pack("gzip", small), { limits: { maxRatio: 2 } });
    const error = await refused(pack("gzip", BIG), { limits: { maxRatio: 100 } });
    expect(error).toMatchObject({ code: "LIMIT", details: { entry: "zeros", limit: "maxRatio", allowed: 100 } });
    expect((await extracted(pack("gzip", BIG), { limits: { maxRatio: 2000 } })).result.entries).toBe(2);
  });

  it("counts the ratio of zip archives, too", async () => {
    const archive = makeZip([{ name: "zeros", content: Buffer.alloc(20 * 2 ** 20) }]);
    expect(await refused(archive, { limits: { maxRatio: 100 } })).toMatchObject({ code: "LIMIT" });
    await extracted(archive, { limits: { maxRatio: 2000 } });
  });

  it("counts what follows the end marker", async () => {
    const archive = pack("gzip", Buffer.concat([TAR, Buffer.alloc(2 ** 20)]));
    expect(await refused(archive, { limits: { maxBytes: 2 ** 19 } })).toMatchObject({ code: "LIMIT" });
  });
});

describe("progress and abort", () => {
  it("reports how far it is, at the end all of it", async () => {
    const seen: ExtractProgress[] = [];
    await extracted(BIG, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.map((each) => each.readBytes)).toEqual(seen.map((each) => each.readBytes).sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({
      readBytes: BIG.length,
      totalBytes: BIG.length,
      entries: 2,
      writtenBytes: 20 * 2 ** 20 + 1,
    });
  });

  const LARGE: readonly (readonly [string, Buffer])[] = [
    ["tar", BIG],
    ["tar.gz", pack("gzip", BIG)],
    ["zip", makeZip(Array.from({ length: 10 }, (_, at) => ({ name: `f${at}`, content: Buffer.alloc(2 ** 21) })))],
    ["a stored file in a zip", makeZip([{ name: "zeros", content: Buffer.alloc(20 * 2 ** 20), isStored: true }])],
    ["a deflated file in a zip", makeZip([{ name: "zeros", content: Buffer.alloc(20 * 2 ** 20) }])],
  ];

  it.each(LARGE)("stops in the middle of %s with the signal's reason", async (_what, archive) => {
    const { directory } = makeWorld();
    writeFileSync(join(directory, "archive"), archive);
    const target = join(directory, "target");
    mkdirSync(target);
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = extractArchive(join(directory, "archive"), target, {
      strip: 0,
      limits: WIDE,
      signal: controller.signal,
      onProgress: ({ writtenBytes }) => {
        if (writtenBytes > 2 ** 22) controller.abort(reason);
      },
    });
    expect(await caughtAsync(running)).toBe(reason);
    const written = Object.values(treeOf(target)).join("").length;
    expect(written).toBeGreaterThan(2 ** 22);
    expect(written).toBeLessThan(2 ** 24);
  });

  it("does nothing when aborted before", async () => {
    const { directory } = makeWorld();
    writeFileSync(join(directory, "archive"), TAR);
    const options = { strip: 0, limits: WIDE, signal: AbortSignal.abort(new Error("no")) };
    expect(await caughtAsync(extractArchive(join(directory, "archive"), join(directory, "none"), options))).toEqual(
      new Error("no"),
    );
  });

  it("lets other work have its turn", async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    });
    await extracted(BIG);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
});
