import { describe, expect, it } from "vitest";
import { type BaseName, type BlobId, parseGenerationNumber, parseProfileName } from "../../src/model/ids.ts";
import {
  currentPath,
  fileListPath,
  generationFile,
  generationLink,
  generationTarget,
  layoutOf,
  longestRoot,
  manifestPath,
  objectPath,
  poolPath,
  WIDTHS,
} from "../../src/store/layout.ts";

const BASE_NAME = "mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba-zlib-1.3.1" as BaseName;

describe("layoutOf", () => {
  it.each(WIDTHS)("pads the storeDir and its canonical form to %i bytes", (width) => {
    for (const root of ["/", "/s", `/${"r".repeat(longestRoot(width) - 1)}`]) {
      const { storeDir, canonicalStoreDir } = layoutOf(root, width);
      expect([storeDir.length, canonicalStoreDir.length]).toEqual([width, width]);
      expect(storeDir).toBe(`${root === "/" ? "" : root}/pkgs`.padEnd(width, "_"));
      expect(canonicalStoreDir).toMatch(/^\/store\/pkgs_+$/);
    }
  });

  it("has the canonical storeDir as storeDir for the root /store", () => {
    const { storeDir, canonicalStoreDir } = layoutOf("/store", 48);
    expect(storeDir).toBe(canonicalStoreDir);
  });

  it("gives no two things one path", () => {
    const { width: _, canonicalStoreDir: __, ...paths } = layoutOf("/r", 48, "/a");
    expect(new Set(Object.values(paths)).size).toBe(Object.values(paths).length);
  });
});

describe("paths", () => {
  const layout = layoutOf("/r", 48);

  it("of an object, its manifest and its file list", () => {
    expect(objectPath(layout, BASE_NAME)).toBe(`${layout.storeDir}/${BASE_NAME}`);
    expect(manifestPath(layout, BASE_NAME)).toBe(`/r/manifests/${BASE_NAME}.json`);
    expect(fileListPath(layout, BASE_NAME)).toBe(`/r/manifests/${BASE_NAME}.files`);
  });

  it("of a file of the pool", () => {
    const id = "ab12".repeat(16) as BlobId;
    expect(poolPath(layout, id, false)).toBe(`/r/files/ab/${id}`);
    expect(poolPath(layout, id, true)).toBe(`/r/files/ab/${id}x`);
  });

  it("of a profile and its generations", () => {
    const [profile, number] = [parseProfileName("default"), parseGenerationNumber(41)];
    expect(currentPath(layout, profile)).toBe("/r/profiles/default/current");
    expect(generationLink(layout, profile, number)).toBe("/r/profiles/default/gen-41");
    expect(generationFile(layout, profile, number)).toBe("/r/profiles/default/gen-41.json");
    expect(generationTarget(layout, BASE_NAME)).toBe(`../../pkgs${"_".repeat(41)}/${BASE_NAME}`);
  });
});
