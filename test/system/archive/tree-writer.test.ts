import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { StoreError } from "../../../src/errors.ts";
import { extractArchive } from "../../../src/system/archive/extract-archive.ts";
import { gnuLong, makeTar, skipTest, type TarMember } from "../../helpers/archives.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { WIDE } from "../../helpers/extracted.ts";
import { makeWorld } from "../../helpers/worlds.ts";

/** Extracts into `target` as it is. */
async function errorFor(members: readonly TarMember[], target: string): Promise<StoreError> {
  const archive = join(makeWorld().directory, "a.tar");
  writeFileSync(archive, makeTar(members));
  return (await caughtAsync(extractArchive(archive, target, { strip: 0, limits: WIDE }))) as StoreError;
}

describe("a name that the filesystem takes for another's", () => {
  // What stands in the target beforehand answers EEXIST, as a filesystem does that ignores case.
  it.each([
    ["a file", "README", { name: "Readme" }],
    ["a directory", "README", { name: "Readme/" }],
    ["an implied directory", "README", { name: "Readme/file" }],
    ["a symlink", "README", { name: "Readme", type: "2", link: "x" }],
    ["a hard link", "README", { name: "Readme", type: "1", link: "README" }],
    ["another normalisation", "caf\u00e9", { name: "cafe\u0301" }],
  ])("is refused, and the other named: %s", async (_what, first, second: TarMember) => {
    const target = makeWorld().tree({ [second.name.toString().replace(/\/.*/, "")]: "x" });
    const error = await errorFor([{ name: first }, second], target);
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: second.name } });
    expect(error.message).toContain(`'${first}'`);
  });

  it("is refused by a real filesystem that ignores case and normalisation", async () => {
    const target = foldingDirectory();
    const error = await errorFor([{ name: "Makefile" }, { name: "makefile" }], target);
    expect(error.message).toContain("'Makefile'");
    expect(error).toMatchObject({ code: "ARCHIVE", details: { entry: "makefile" } });
    const other = await errorFor([{ name: "d/\u00e9" }, { name: "d/e\u0301" }], target);
    expect(other).toMatchObject({ code: "ARCHIVE", details: { entry: "d/e\u0301" } });
    expect((await errorFor([{ name: "X/a" }, { name: "x/b" }], target)).code).toBe("ARCHIVE");
  });

  it("is none where the filesystem keeps the two apart", async () => {
    const target = makeWorld().tree({});
    const archive = join(makeWorld().directory, "a.tar");
    writeFileSync(archive, makeTar([{ name: "A" }, { name: "a" }, { name: "\u00e9" }, { name: "e\u0301" }]));
    expect(await extractArchive(archive, target, { strip: 0, limits: WIDE })).toMatchObject({ entries: 4 });
  });
});

it("says which entry there is no room for", async () => {
  const target = mountTmpfs("size=1m");
  const error = await errorFor([{ name: "fits" }, { name: "big", content: Buffer.alloc(2 ** 21) }], target);
  expect(error).toMatchObject({ code: "NO_SPACE", details: { entry: "big" } });
});

it("says which entry the filesystem refuses", async () => {
  const error = await errorFor([{ name: "a" }], join(makeWorld().directory, "missing"));
  expect(error).toMatchObject({ code: "FAILED", details: { entry: "a" } });
});

describe("what no object may hold", () => {
  const DEEP = "d/".repeat(512);
  const LONG = `${"n".repeat(255)}/`.repeat(12);

  it.each([
    ["a file", { name: `top/${DEEP}d/f` }],
    ["a directory", { name: `top/${DEEP}d/d/` }],
    ["a symlink", { name: `top/${DEEP}d/f`, type: "2", link: "x" }],
    ["a long path", { name: `top/${LONG}f` }],
    ["a hard link", { name: `top/${LONG}f`, type: "1", link: "there" }],
  ])("is refused by name, and nothing made for it: %s", async (_what, member: TarMember) => {
    const target = makeWorld().tree({});
    const error = await errorFor([{ name: "there" }, gnuLong("L", member.name), member], target);
    expect(error.code).toBe("ARCHIVE");
    expect(error.message).toMatch(/entry 'top\/.* (?:directories deep|bytes); /);
    expect(readdirSync(target)).toEqual(["there"]);
  });

  it("is not what lies below a top directory and just fits without it", async () => {
    const target = makeWorld().tree({});
    const archive = join(makeWorld().directory, "a.tar");
    const names = [`top/${DEEP}f`, `top/${LONG.slice(0, -1)}`];
    writeFileSync(archive, makeTar(names.flatMap((name) => [gnuLong("L", name), { name }])));
    expect(await extractArchive(archive, target, { strip: 0, limits: WIDE })).toMatchObject({ entries: 526 });
  });
});

function foldingDirectory(): string {
  const directory = join(mountTmpfs("casefold=utf8-12.1.0"), "folding");
  mkdirSync(directory);
  if (spawnSync("chattr", ["+F", directory]).status !== 0) skipTest("needs chattr +F");
  return directory;
}

/** A filesystem in memory for the running test, which is skipped where this user may not mount one. */
function mountTmpfs(options: string): string {
  const { directory } = makeWorld();
  const mount = ["-t", "tmpfs", "-o", options, "none", directory];
  if (spawnSync("mount", mount, { stdio: "ignore" }).status !== 0) skipTest(`needs mount ${mount.join(" ")}`);
  onTestFinished(() => {
    execFileSync("umount", [directory]);
  });
  return directory;
}
