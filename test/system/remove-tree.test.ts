import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeCounting, visitTree } from "../../src/system/disk-usage.ts";
import { removeFile } from "../../src/system/remove-file.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import { caught } from "../helpers/caught.ts";
import { makeDeepTree } from "../helpers/deep-tree.ts";
import { NOBODY } from "../helpers/driver.ts";
import { makeWorld } from "../helpers/worlds.ts";

const IS_ROOT = process.geteuid?.() === 0;

/** To root nothing is closed. */
function asNobody(action: () => void): void {
  if (IS_ROOT) process.seteuid?.(NOBODY);
  try {
    action();
  } finally {
    if (IS_ROOT) process.seteuid?.(0);
  }
}

const NAME = "n".repeat(250);

const trees = [
  { what: "deeper than the stack", levels: 5000, name: "d" },
  { what: "with longer paths than the system takes", levels: 40, name: NAME },
];

describe.each(trees)("a tree $what", ({ levels, name }) => {
  it("is removed", () => {
    const { directory } = makeWorld({ memory: true });
    const tree = makeDeepTree(join(directory, "tree"), { levels, name });
    writeFileSync(join(directory, "kept"), "");
    removeTree(tree);
    expect(readdirSync(directory)).toEqual(["kept"]);
  });

  it("is removed and counted, also where a part of it is read-only", () => {
    const { directory } = makeWorld({ memory: true });
    const tree = makeDeepTree(join(directory, "tree"), { levels, name });
    chmodSync(join(tree, name), 0o500);
    mkdirSync(join(tree, "beside"));
    const freed = { bytes: 0, inodes: 0 };
    expect(removeCounting(tree, freed)).toBe(0);
    expect([existsSync(tree), freed.inodes]).toEqual([false, levels + 3]);
  });

  it("is looked at as far as paths reach", () => {
    const { directory } = makeWorld({ memory: true });
    const tree = makeDeepTree(join(directory, "tree"), { levels, name });
    let seen = 0;
    visitTree(tree, () => {
      seen += 1;
    });
    expect(seen).toBe(1 + Math.floor((4095 - tree.length) / (name.length + 1)));
  });
});

describe("removeFile", () => {
  it("removes links and files, not what they lead to, and forgives what is gone", () => {
    const world = makeWorld();
    const directory = world.tree({ file: "", "sub/file": "" });
    symlinkSync("sub", join(directory, "link"));
    for (const name of ["file", "link", "gone"]) removeFile(join(directory, name));
    expect(readdirSync(directory)).toEqual(["sub"]);
    expect(readdirSync(join(directory, "sub"))).toEqual(["file"]);
  });

  it("tells of a directory, and of a file in the place of one, by the system's code", () => {
    const directory = makeWorld().tree({ "sub/file": "" });
    expect(caught(() => removeFile(join(directory, "sub")))).toMatchObject({ code: "EISDIR" });
    expect(caught(() => removeFile(join(directory, "sub/file/x")))).toMatchObject({ code: "ENOTDIR" });
  });
});

describe("removeTree", () => {
  it("removes whatever lies there, links without what they lead to, and forgives what is gone", () => {
    const world = makeWorld();
    const directory = world.tree({ file: "", "sub/file": "", "tree/file": "" });
    for (const name of ["link", "tree/link"]) symlinkSync(join(directory, "sub"), join(directory, name));
    for (const name of ["file", "link", "tree", "gone"]) removeTree(join(directory, name));
    expect(readdirSync(directory)).toEqual(["sub"]);
    expect(readdirSync(join(directory, "sub"))).toEqual(["file"]);
  });

  it("removes directories that nobody may read, write or enter", () => {
    const directory = makeWorld({ owner: NOBODY }).tree({ "tree/sub/inner/file": "" });
    const tree = join(directory, "tree");
    const places = [directory, ...["", "/sub", "/sub/inner"].map((name) => tree + name)];
    for (const path of places) if (IS_ROOT) chownSync(path, NOBODY, NOBODY);
    for (const path of places.slice(1).reverse()) chmodSync(path, 0);
    asNobody(() => removeTree(tree));
    expect(existsSync(tree)).toBe(false);
  });
});
