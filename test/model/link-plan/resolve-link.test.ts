import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ByteString, toFsPath } from "../../../src/model/byte-string.ts";
import type { BaseName } from "../../../src/model/ids.ts";
import { createLinkResolver } from "../../../src/model/link-plan/resolve-link.ts";
import {
  anyWorld,
  link,
  memoryReader,
  type TreeText,
  type World,
  world,
  writeWorld,
} from "../../helpers/package-world.ts";

function withStoreDir(use: (storeDir: string) => void): void {
  const top = mkdtempSync(join(realpathSync(tmpdir()), "resolve-link-"));
  try {
    mkdirSync(`${top}/pkgs`);
    use(`${top}/pkgs`);
  } finally {
    rmSync(top, { recursive: true });
  }
}

/** Every symlink of a world: where the resolver leads, and where the kernel does as long as it stays inside. */
function compareWithKernel(input: World, storeDir: string): void {
  writeWorld(input, storeDir);
  const reader = memoryReader(input, storeDir);
  const resolve = createLinkResolver(reader, storeDir);
  for (const [baseName, items] of input.trees) {
    for (const [path, { kind }] of items) {
      if (kind !== "link") continue;
      const cut = Math.max(0, path.lastIndexOf("/"));
      const directory = path.slice(0, cut) as ByteString;
      const found = resolve({ baseName, path: directory }, reader.readLink(baseName, path as ByteString));
      expect([path, found]).toEqual([path, kernelDestination(storeDir, baseName, path)]);
    }
  }
}

function kernelDestination(storeDir: string, baseName: BaseName, path: string) {
  const top = `${storeDir}/${baseName}`;
  const fsPath = toFsPath(`${top}/${path}` as ByteString);
  const stats = statIfThere(fsPath);
  if (stats === undefined) return undefined;
  const real = realpathSync.native(fsPath, { encoding: "latin1" as BufferEncoding });
  if (real !== top && !real.startsWith(`${top}/`)) return undefined;
  return { kind: stats.isDirectory() ? "directory" : "file", path: real.slice(top.length + 1) };
}

function statIfThere(path: string | Buffer) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function resolveIn(text: TreeText, target: string, from = "") {
  const input = world({ A: text });
  const [{ baseName } = { baseName: "" as BaseName }] = input.packages;
  const resolve = createLinkResolver(memoryReader(input), "/s");
  return resolve({ baseName, path: from as ByteString }, target.replace("<self>", baseName) as ByteString);
}

describe("createLinkResolver", () => {
  const text = { f: "", "d/e/g": "", l: link("d/e"), m: link("/s/<self>/l/g"), "d/up": link("../l/..") };
  test.each([
    ["f", "", { kind: "file", path: "f" }],
    ["./d//e/", "", { kind: "directory", path: "d/e" }],
    ["l/g", "", { kind: "file", path: "d/e/g" }],
    ["../l/../e", "d", { kind: "directory", path: "d/e" }],
    ["m", "", { kind: "file", path: "d/e/g" }],
    ["up", "d", { kind: "directory", path: "d" }],
    ["..", "d/e", { kind: "directory", path: "d" }],
    [".", "", { kind: "directory", path: "" }],
    ["../<self>/f", "", { kind: "file", path: "f" }],
    ["/s/<self>", "d", { kind: "directory", path: "" }],
    ["/s//./<self>/d", "d", { kind: "directory", path: "d" }],
    ["f/", "", undefined],
    ["f/.", "", undefined],
    ["f/../d", "", undefined],
    ["missing", "", undefined],
    ["missing/../d", "", undefined],
    ["..", "", undefined],
    ["../..", "d", undefined],
    ["../other/f", "", undefined],
    ["../../s/<self>/f", "", undefined],
    ["/s", "", undefined],
    ["/", "", undefined],
    ["/t/<self>/f", "", undefined],
    ["/ss/<self>/f", "", undefined],
  ])("%s from '%s'", (target, from, expected) => {
    expect(resolveIn(text, target, from)).toEqual(expected);
  });

  test("without a storeDir absolute targets leave", () => {
    const input = world({ A: { f: "" } });
    const { baseName } = input.packages[0]!;
    const resolve = createLinkResolver(memoryReader(input), undefined);
    expect(resolve({ baseName, path: "" as ByteString }, `/s/${baseName}/f` as ByteString)).toBeUndefined();
  });

  test("chains end where the kernel's end", () => {
    const text: Record<string, string | ReturnType<typeof link>> = { l0: "" };
    for (let length = 1; length < 45; length++) text[`l${length}`] = link(`l${length - 1}`);
    withStoreDir((storeDir) => compareWithKernel(world({ A: text }), storeDir));
  });

  test("leads where the kernel leads", () => {
    withStoreDir((top) => {
      let run = 0;
      fc.assert(
        fc.property(anyWorld(), (input) => {
          const storeDir = `${top}/${run++}`;
          mkdirSync(storeDir);
          compareWithKernel(input, storeDir);
        }),
        { numRuns: 150 },
      );
    });
  });
});
