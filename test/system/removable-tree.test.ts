import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeCounting, visitTree } from "../../src/system/disk-usage.ts";
import { removeTree } from "../../src/system/temporary-directory.ts";
import { makeDeepTree } from "../helpers/deep-tree.ts";
import { makeWorld } from "../helpers/worlds.ts";

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
