import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { finishOutput } from "../../src/build/finish-output.ts";
import { digestOfSum } from "../../src/model/ids.ts";
import type { BuiltPackage } from "../../src/operations/building/build.ts";
import { readManifest } from "../../src/store/manifests.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";
import { makeDeepTree } from "../helpers/deep-tree.ts";
import { makeWorld, readTree, type TreeData } from "../helpers/worlds.ts";

const hasZip = spawnSync("zip", ["-v"]).status === 0;
if (!hasZip) process.stderr.write("SKIPPED: tests of zip files: there is no zip here\n");

const PATTERN = "/store/pkgs_";

async function finished(tree: TreeData) {
  const world = makeWorld({ memory: true });
  const out = world.tree(tree);
  const scratch = world.tree({});
  const hidden = await finishOutput(out, { patterns: [Buffer.from(PATTERN)], scratch });
  return {
    out,
    hidden: hidden.map(({ file, member }) => `${file}: ${member}`),
    names: [...readTree(out).keys()].sort(),
  };
}

describe("finishOutput", () => {
  const page = gzipSync("page");

  it("stores gzipped pages of man and info plain, and what links to them", async () => {
    const { out, names } = await finished({
      "share/man/man1/a.1.gz": page,
      "share/man/de/man1/b.1.gz": { link: "../../man1/a.1.gz" },
      "share/info/a.info.gz": page,
      "share/doc/a.gz": page,
      "share/man/man1/broken.1.gz": "not compressed",
      "share/man/man1/other.gz": { link: "other" },
    });
    expect(names.filter((name) => /\.|other/.test(name))).toEqual([
      "share/doc/a.gz",
      "share/info/a.info",
      "share/man/de/man1/b.1",
      "share/man/man1/a.1",
      "share/man/man1/broken.1.gz",
      "share/man/man1/other.gz",
    ]);
    expect(readFileSync(join(out, "share/man/de/man1/b.1"), "utf8")).toBe("page");
  });

  it("refuses an output that is too deep for an object", async () => {
    const world = makeWorld({ memory: true });
    const out = makeDeepTree(join(world.directory, "out"), { levels: 3000 });
    await expect(finishOutput(out, { patterns: [], scratch: world.tree({}) })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  it("finds what is mentioned inside compressed files, and nothing else", async () => {
    const { hidden } = await finished({
      "a.gz": gzipSync(`in ${PATTERN}x`),
      "b.gz": gzipSync("in /store/pkgs"),
      "c.txt": PATTERN,
      // Half a megabyte before it: the pattern is not in the first piece.
      "d.bin": gzipSync(Buffer.concat([Buffer.alloc(500_000, "x"), Buffer.from(PATTERN)])),
      "broken.gz": Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(PATTERN)]),
    });
    expect(hidden.sort()).toEqual(["a.gz: (content)", "d.bin: (content)"]);
  });

  it("looks into files with names that are not text", async () => {
    const { hidden } = await finished(new Map([["x\xff.gz" as never, gzipSync(PATTERN)]]));
    expect(hidden).toEqual(["x%FF.gz: (content)"]);
  });
});

describe("a package with its own path inside compressed files", () => {
  it.each([
    ["gz", "share/packed/place.gz: (content)"],
    ["xz", "share/packed/place.xz: (content)"],
    ...(hasZip ? [["zip", "share/packed/data.jar: place"]] : []),
  ] as [string, string][])("fails, and is told file and member: %s", async (format, place) => {
    const world = makeBuildWorld({ memory: true });
    const { error } = await world.failure(await world.buildStore(), `packed format=${format}`);
    expect(error.code).toBe("BUILD_FAILED");
    expect(error.message.split("\n").slice(1)).toEqual([`  ${place}`]);
    expect(error.hint).toMatch(/uncompressed.*addressing: input/s);
  });

  it.each(["auto", "off"] as const)("can be named by its derivation; sandbox %s", async (sandbox) => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built } = await world.build(store, ["packed-by-key", "liba"], { sandbox });
    const [{ path, key, baseName }, liba] = built as [BuiltPackage, BuiltPackage];
    const manifest = readManifest(store, baseName);
    expect([baseName, manifest.addressing]).toEqual([`${digestOfSum(key)}-packed-by-key-1.0`, "input"]);
    const text = gunzipSync(readFileSync(join(path, "share/packed/place.gz"))).toString();
    expect(text).toBe(`in ${path} with ${liba.path}\n`);
    // Nothing else in it mentions liba: what stands in the compressed file keeps it alive.
    expect(manifest.references).toEqual([liba.baseName]);
    expect((await world.build(store, "packed-by-key", { sandbox })).started).toEqual([]);
  });
});
