import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteString } from "../../src/model/byte-string.ts";
import type { BaseName } from "../../src/model/ids.ts";
import type { Conflict } from "../../src/model/link-plan/conflict.ts";
import type { ForestPackage } from "../../src/model/link-plan/forest-package.ts";
import { type PlanNode, planLinks } from "../../src/model/link-plan.ts";
import {
  anyWorld,
  EMPTY,
  executable,
  link,
  memoryReader,
  packageOf,
  planLines,
  type TreeText,
  type World,
  world,
} from "../helpers/package-world.ts";
import { runs } from "../helpers/runs.ts";

const STORE_DIR = "/s";

function plan(input: World) {
  return planLinks(input.packages, memoryReader(input, STORE_DIR), { storeDir: STORE_DIR });
}

/** Lines of the plan, and of each conflict: `! path: A B`. */
function planned(texts: Readonly<Record<string, TreeText>>): readonly string[] {
  const input = world(texts);
  const { root, conflicts } = plan(input);
  return [...planLines(root, input), ...conflicts.map(conflictLine)];
}

function conflictLine({ path, contenders }: Conflict): string {
  return `! ${path}: ${contenders.map((each) => each.package.name).join(" ")}`;
}

interface Row {
  readonly rule: string;
  readonly given: Readonly<Record<string, TreeText>>;
  readonly plan: readonly string[];
}

function check(rows: readonly Row[]): void {
  test.each(rows)("$rule", ({ given, plan: lines }) => {
    expect(planned(given)).toEqual(lines);
  });
}

describe("folding", () => {
  check([
    { rule: "no packages: nothing", given: {}, plan: [] },
    { rule: "an object that holds nothing adds nothing", given: { A: {}, B: {} }, plan: [] },
    {
      rule: "the top is a directory, also of one package",
      given: { A: { "bin/x": "1", "lib/y": "2", z: "3", l: link("z") } },
      plan: ["bin -> ../A/bin", "l -> ../A/l", "lib -> ../A/lib", "z -> ../A/z"],
    },
    {
      rule: "what one package alone provides is one link",
      given: { A: { "a/b/c/x": "1" }, B: { "b/c/x": "2" }, C: {} },
      plan: ["a -> ../A/a", "b -> ../B/b"],
    },
    {
      rule: "a directory of two packages unfolds, level by level",
      given: { A: { "lib/pkgconfig/x.pc": "x", "lib/x/1": "1" }, B: { "lib/pkgconfig/y.pc": "y", "lib/liby.so": "y" } },
      plan: [
        "lib/",
        "lib/liby.so -> ../../B/lib/liby.so",
        "lib/pkgconfig/",
        "lib/pkgconfig/x.pc -> ../../../A/lib/pkgconfig/x.pc",
        "lib/pkgconfig/y.pc -> ../../../B/lib/pkgconfig/y.pc",
        "lib/x -> ../../A/lib/x",
      ],
    },
    {
      rule: "a directory unfolds also for a package that has it empty",
      given: { A: { "etc/": EMPTY }, B: { "etc/x": "1" }, C: { "var/": EMPTY }, D: { "var/": EMPTY } },
      plan: ["etc/", "etc/x -> ../../B/etc/x", "var/"],
    },
    {
      rule: "names are in the order of their bytes, whatever they spell",
      given: { A: { "10": "", "9": "", ["__proto__"]: "", "a.b": "", "a-b": "", "a/x": "", "\xff": "" } },
      plan: ["10", "9", "__proto__", "a", "a-b", "a.b", "\xff"].map((name) => `${name} -> ../A/${name}`),
    },
  ]);

  test("a directory that one package alone provides is never read", () => {
    const input = world({ A: { "bin/x": "", "share/a/b/c": "" }, B: { "bin/y": "", "lib/d/e": "" } });
    const listed: string[] = [];
    planLinks(input.packages, memoryReader(input, STORE_DIR, listed));
    const [a, b] = input.packages.map(({ baseName }) => baseName);
    expect(listed.sort()).toEqual([`${a}/`, `${a}/bin`, `${b}/`, `${b}/bin`]);
  });

  test("an object that is given twice counts once, with the priority that wins", () => {
    const input = world({ A: { x: "1" }, "B:4": { x: "2" } });
    const [a, b] = input.packages as [ForestPackage, ForestPackage];
    const packages = [a, b, { ...a, priority: 3 }, a];
    expect(planLines(planLinks(packages, memoryReader(input)).root, input)).toEqual(["x -> ../A/x"]);
  });
});

describe("files", () => {
  check([
    {
      rule: "identical content never conflicts: the first base name is linked",
      given: { B: { x: "1" }, A: { x: "1" }, C: { x: "1" } },
      plan: ["x -> ../A/x"],
    },
    { rule: "different content conflicts", given: { A: { x: "1" }, B: { x: "2" } }, plan: ["x -> ../A/x", "! x: A B"] },
    {
      rule: "a different executable bit conflicts",
      given: { A: { x: "1" }, B: { x: executable("1") } },
      plan: ["x -> ../A/x", "! x: A B"],
    },
    {
      rule: "all conflicts are found, each with all its packages",
      given: { A: { x: "1", "d/y": "1" }, B: { x: "1", "d/y": "2" }, C: { x: "2", z: "" }, D: { z: "1" } },
      plan: ["d/", "d/y -> ../../A/d/y", "x -> ../A/x", "z -> ../C/z", "! d/y: A B", "! x: A B C", "! z: C D"],
    },
    {
      rule: "the lower number wins, for that path only",
      given: { A: { "d/x": "1", "d/y": "1" }, "B:4": { "d/x": "2", "d/z": "2" } },
      plan: ["d/", "d/x -> ../../B/d/x", "d/y -> ../../A/d/y", "d/z -> ../../B/d/z"],
    },
    {
      rule: "numbers are compared as numbers, and may be negative",
      given: { "A:10": { x: "1" }, "B:9": { x: "2" }, "C:-1": { y: "3" }, "D:0": { y: "4" } },
      plan: ["x -> ../B/x", "y -> ../C/y"],
    },
    {
      rule: "those that lost do not conflict among each other",
      given: { A: { x: "1" }, B: { x: "2" }, "C:4": { x: "3" } },
      plan: ["x -> ../C/x"],
    },
    {
      rule: "those that win conflict among each other",
      given: { "A:4": { x: "1" }, "B:4": { x: "2" }, C: { x: "1" } },
      plan: ["x -> ../A/x", "! x: A B"],
    },
  ]);
});

describe("directory against leaf", () => {
  check([
    {
      rule: "directory against file conflicts, once",
      given: { A: { "x/y": "1" }, B: { x: "1" } },
      plan: ["x -> ../A/x", "! x: A B"],
    },
    {
      rule: "directory against a symlink to a file conflicts",
      given: { A: { "x/y": "1" }, B: { x: link("z"), z: "1" } },
      plan: ["x -> ../A/x", "z -> ../B/z", "! x: A B"],
    },
    {
      rule: "directory against a dangling symlink conflicts",
      given: { A: { "x/y": "1" }, B: { x: link("nowhere") } },
      plan: ["x -> ../A/x", "! x: A B"],
    },
    {
      rule: "directory against a symlink to a directory outside conflicts",
      given: { A: { "x/y": "1" }, B: { x: link("/usr/share") } },
      plan: ["x -> ../A/x", "! x: A B"],
    },
    {
      rule: "a winning file hides a directory whole",
      given: { A: { "x/y": "1", "x/z": "2" }, "B:4": { x: "1" } },
      plan: ["x -> ../B/x"],
    },
    {
      rule: "a winning directory hides a file, and folds when it is then alone",
      given: { "A:4": { "x/y": "1", "x/z": "2" }, B: { x: "1" } },
      plan: ["x -> ../A/x"],
    },
    {
      rule: "directories join whatever their priorities, when one of them wins",
      given: { "A:4": { "x/y": "1" }, B: { x: "1" }, "C:6": { "x/z": "2", "x/y": "3" } },
      plan: ["x/", "x/y -> ../../A/x/y", "x/z -> ../../C/x/z"],
    },
  ]);
});

describe("symlinks to directories", () => {
  check([
    {
      rule: "alone: one link to the symlink",
      given: { A: { lib64: link("lib"), "lib/x": "1" }, B: { "lib/y": "2" } },
      plan: ["lib/", "lib/x -> ../../A/lib/x", "lib/y -> ../../B/lib/y", "lib64 -> ../A/lib64"],
    },
    {
      rule: "against a directory: joined",
      given: { A: { lib64: link("lib"), "lib/x": "1" }, B: { "lib64/y": "2" } },
      plan: ["lib -> ../A/lib", "lib64/", "lib64/x -> ../../A/lib/x", "lib64/y -> ../../B/lib64/y"],
    },
    {
      rule: "against another such symlink: joined",
      given: { A: { l: link("a/b"), "a/b/x": "1" }, B: { l: link("./c//d/"), "c/d/y": "2" } },
      plan: ["a -> ../A/a", "c -> ../B/c", "l/", "l/x -> ../../A/a/b/x", "l/y -> ../../B/c/d/y"],
    },
    {
      rule: "through several symlinks, and through ..",
      given: {
        A: { "p/l": link("../q/m"), "q/m": link("../r/s/../t"), "r/s/": EMPTY, "r/t": link("u"), "r/u/x": "1" },
        B: { "p/l/y": "2" },
      },
      plan: ["p/", "p/l/", "p/l/x -> ../../../A/r/u/x", "p/l/y -> ../../../B/p/l/y", "q -> ../A/q", "r -> ../A/r"],
    },
    {
      rule: "absolute, into the own package",
      given: { A: { l: link("<store>/<self>/d"), "d/x": "1" }, B: { "l/y": "2" } },
      plan: ["d -> ../A/d", "l/", "l/x -> ../../A/d/x", "l/y -> ../../B/l/y"],
    },
    {
      rule: "relative, out of the package and in again",
      given: { A: { l: link("../<self>/d"), "d/x": "1" }, B: { "l/y": "2" } },
      plan: ["d -> ../A/d", "l/", "l/x -> ../../A/d/x", "l/y -> ../../B/l/y"],
    },
    {
      rule: "absolute, to where an own base name lies elsewhere: a leaf",
      given: { A: { l: link("/elsewhere/<self>/d"), "d/x": "1" }, B: { "l/y": "2" } },
      plan: ["d -> ../A/d", "l -> ../A/l", "! l: A B"],
    },
    {
      rule: "into another package: a leaf",
      given: { A: { l: link(`../${packageOf("B").baseName}/d`) }, B: { "l/y": "2", "d/x": "1" } },
      plan: ["d -> ../B/d", "l -> ../A/l", "! l: A B"],
    },
    {
      rule: "through a file: dangles, a leaf",
      given: { A: { l: link("f/../d"), f: "", "d/x": "1" }, B: { "l/y": "2" } },
      plan: ["d -> ../A/d", "f -> ../A/f", "l -> ../A/l", "! l: A B"],
    },
    {
      rule: "against a file: a conflict, or settled by priority",
      given: { A: { l: link("d"), m: link("d"), "d/x": "1" }, B: { l: "1" }, "C:4": { m: "1" } },
      plan: ["d -> ../A/d", "l -> ../A/l", "m -> ../C/m", "! l: A B"],
    },
    {
      rule: "a file of the joined directories conflicts as any other",
      given: { A: { lib64: link("lib"), "lib/x": "1" }, B: { "lib64/x": "2" } },
      plan: ["lib -> ../A/lib", "lib64/", "lib64/x -> ../../A/lib/x", "! lib64/x: A B"],
    },
    {
      rule: "below one that was followed a second is followed",
      given: {
        A: { lib64: link("lib"), "lib/terminfo": link("../share/terminfo"), "share/terminfo/a": "1" },
        B: { "lib64/terminfo/b": "2" },
      },
      plan: [
        "lib -> ../A/lib",
        "lib64/",
        "lib64/terminfo/",
        "lib64/terminfo/a -> ../../../A/share/terminfo/a",
        "lib64/terminfo/b -> ../../../B/lib64/terminfo/b",
        "share -> ../A/share",
      ],
    },
    {
      rule: "below two that were followed a third is a leaf",
      given: { A: { a: link("b"), "b/c": link("../d"), "d/e": link("../f"), "f/x": "1" }, B: { "a/c/e/y": "2" } },
      plan: ["a/", "a/c/", "a/c/e -> ../../../A/d/e", "b -> ../A/b", "d -> ../A/d", "f -> ../A/f", "! a/c/e: A B"],
    },
  ]);
});

describe("symlinks as leaves", () => {
  check([
    {
      rule: "identical where they lead to identical files, whatever their texts",
      given: {
        A: { "bin/python": link("python3"), "bin/python3": executable("1") },
        B: { "bin/python": link("../lib/py/python"), "lib/py/python": executable("1") },
        C: { "bin/python": executable("1") },
      },
      plan: ["bin/", "bin/python -> ../../A/bin/python", "bin/python3 -> ../../A/bin/python3", "lib -> ../B/lib"],
    },
    {
      rule: "different where they lead to different files, although their texts are the same",
      given: { A: { l: link("x"), x: "1" }, B: { l: link("x"), "C:4": "", x: "2" } },
      plan: ["C:4 -> ../B/C:4", "l -> ../A/l", "x -> ../A/x", "! l: A B", "! x: A B"],
    },
    {
      rule: "different from a file of other content",
      given: { A: { l: link("x"), x: "1" }, B: { l: "2" } },
      plan: ["l -> ../A/l", "x -> ../A/x", "! l: A B"],
    },
    {
      rule: "that leave the package: by their text",
      given: {
        A: { l: link("/etc/x"), m: link("/etc/x"), n: link("/etc/x") },
        B: { l: link("/etc/x"), m: link("/x"), n: "" },
      },
      plan: ["l -> ../A/l", "m -> ../A/m", "n -> ../A/n", "! m: A B", "! n: A B"],
    },
    {
      rule: "that dangle: by their text",
      given: { A: { l: link("x"), m: link("x") }, B: { l: link("x"), m: link("y") } },
      plan: ["l -> ../A/l", "m -> ../A/m", "! m: A B"],
    },
    {
      rule: "that dangle in one package and not in the other: different",
      given: { A: { l: link("x") }, B: { l: link("x"), x: "" } },
      plan: ["l -> ../A/l", "x -> ../B/x", "! l: A B"],
    },
    {
      rule: "relative and outside, from directories of different depth: different",
      given: { A: { d: link("deep/er"), "deep/er/l": link("../../../x") }, B: { "d/l": link("../../../x") } },
      plan: ["d/", "d/l -> ../../A/deep/er/l", "deep -> ../A/deep", "! d/l: A B"],
    },
    {
      rule: "absolute and outside, from different directories: identical",
      given: { A: { d: link("deep/er"), "deep/er/l": link("/x") }, B: { "d/l": link("/x") } },
      plan: ["d/", "d/l -> ../../A/deep/er/l", "deep -> ../A/deep"],
    },
    {
      rule: "priority settles",
      given: { A: { l: link("/x"), m: "1" }, "B:4": { l: link("/y"), m: link("nowhere") } },
      plan: ["l -> ../B/l", "m -> ../B/m"],
    },
  ]);
});

describe("symlink cycles", () => {
  check([
    {
      rule: "a -> b -> a: leaves, in one package and in two",
      given: { A: { a: link("b"), b: link("a"), c: link("c") }, B: { a: link("b"), b: link("a"), "c/x": "" } },
      plan: ["a -> ../A/a", "b -> ../A/b", "c -> ../A/c", "! c: A B"],
    },
    {
      rule: "self -> ..: a leaf, in one package and in two",
      given: {
        A: { "share/self": link(".."), "share/dot": link("."), "share/mine": link("..") },
        B: { "share/self": link(".."), "share/dot": link("."), "share/x": "" },
      },
      plan: [
        "share/",
        "share/dot -> ../../A/share/dot",
        "share/mine -> ../../A/share/mine",
        "share/self -> ../../A/share/self",
        "share/x -> ../../B/share/x",
      ],
    },
    {
      rule: "self -> .. against a directory conflicts",
      given: { A: { "share/self": link("..") }, B: { "share/self/x": "" } },
      plan: ["share/", "share/self -> ../../A/share/self", "! share/self: A B"],
    },
    {
      rule: "two directories with symlinks to each other: each is passed once",
      given: {
        A: { "a/x": link("../b"), "b/y": link("../a"), "a/1": "" },
        B: { "a/x": link("../b"), "b/y": link("../a"), "b/2": "" },
      },
      plan: [
        "a/",
        "a/1 -> ../../A/a/1",
        "a/x/",
        "a/x/2 -> ../../../B/b/2",
        "a/x/y -> ../../../A/b/y",
        "b/",
        "b/2 -> ../../B/b/2",
        "b/y/",
        "b/y/1 -> ../../../A/a/1",
        "b/y/x -> ../../../A/a/x",
      ],
    },
  ]);

  function clique(size: number): TreeText {
    const text: Record<string, ReturnType<typeof link>> = {};
    for (let from = 0; from < size; from++) {
      for (let to = 0; to < size; to++) text[`d${from}/to${to}`] = link(`../d${to}`);
    }
    return text;
  }

  test("every directory links to every other, in two packages: a plan of bounded size", () => {
    const lines = planned({ A: clique(12), B: clique(12) });
    expect(lines.length).toBeLessThan(12 ** 4);
    expect(lines.filter((line) => line.startsWith("!"))).toEqual([]);
  });

  test("symlinks that multiply the entries beyond all bounds are refused", () => {
    expect(() => planned({ A: clique(40), B: clique(40) })).toThrowError(
      expect.objectContaining({ code: "LIMIT", details: { package: "A", limit: 500_000 } }),
    );
  });
});

describe("properties", () => {
  test("the order of the packages does not matter", () => {
    const shuffled = anyWorld().chain((input) =>
      fc.record({
        input: fc.constant(input),
        packages: fc.shuffledSubarray([...input.packages], { minLength: input.packages.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ input, packages }) => {
        const [one, other] = [plan(input), plan({ ...input, packages })];
        expect(planLines(other.root, input)).toEqual(planLines(one.root, input));
        expect(other.conflicts).toEqual(one.conflicts);
      }),
      { numRuns: runs(150) },
    );
  });

  test("every path of every package is there, or another package has it by one of the rules", () => {
    fc.assert(
      fc.property(anyWorld(), (input) => {
        const { root, conflicts } = plan(input);
        const contested = new Set(conflicts.map(({ path }) => path as string));
        for (const loser of input.packages) {
          for (const path of input.trees.get(loser.baseName)!.keys()) {
            const met = meet(root, path);
            if (met === undefined) continue;
            const winner = input.packages.find(({ baseName }) => met.target.includes(`/${baseName}/`))!;
            if (winner === loser || contested.has(met.path)) continue;
            if (winner.priority < loser.priority) continue;
            expect([winner.priority, "equal"]).toEqual([loser.priority, sameLeaf(input, winner, loser, met.path)]);
          }
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test("packages that agree: the forest is the union of their files", () => {
    const item = fc.constant({ kind: "file", content: "", executable: false } as const);
    fc.assert(
      fc.property(anyWorld({ item, priority: fc.constant(5) }), (input) => {
        const { root, conflicts } = plan(input);
        fc.pre(conflicts.length === 0);
        const union = new Set([...input.trees.values()].flatMap((items) => [...items.keys()]));
        const seen = new Set<string>();
        walk(root, "", input, seen);
        expect([...seen].sort()).toEqual([...union].sort());
      }),
      { numRuns: runs(150) },
    );
  });
});

/** The link of a plan that a path runs into; `undefined` when the path is a directory of the plan. */
function meet(root: PlanNode, path: string): { path: string; target: string } | undefined {
  const parts = path.split("/") as ByteString[];
  let node: PlanNode | undefined = root;
  for (let at = 0; at < parts.length && node?.kind === "directory"; at++) {
    node = node.entries.get(parts[at]!);
    if (node?.kind === "link") return { path: parts.slice(0, at + 1).join("/"), target: node.target };
  }
  if (node === undefined) throw new Error(`${path} is lost`);
  return undefined;
}

/** Whether two packages have files at a path between which it does not matter. */
function sameLeaf(input: World, winner: ForestPackage, loser: ForestPackage, path: string): string {
  const [a, b] = [winner, loser].map(({ baseName }) => input.trees.get(baseName)!.get(path));
  const kinds = new Set([a?.kind, b?.kind]);
  // What symlinks lead to is checked with a real file system, in the tests of the written forest.
  if (kinds.has("link") || kinds.has(undefined)) return "equal";
  return a?.kind === "file" && JSON.stringify(a) === JSON.stringify(b) ? "equal" : "different";
}

/** All paths of a forest, through its links into the packages; knows nothing of symlinks inside packages. */
function walk(node: PlanNode, path: string, input: World, seen: Set<string>): void {
  if (node.kind === "directory") {
    if (path !== "") seen.add(path);
    for (const [name, child] of node.entries) walk(child, path === "" ? name : `${path}/${name}`, input, seen);
    return;
  }
  const [baseName, ...inner] = node.target.replace(/^(\.\.\/)+/, "").split("/");
  expect(node.target).toBe(`${"../".repeat(path.split("/").length)}${baseName}/${path}`);
  expect(inner.join("/")).toBe(path);
  const items = input.trees.get(baseName as BaseName)!;
  expect(items.has(path)).toBe(true);
  seen.add(path);
  for (const below of items.keys()) if (below.startsWith(`${path}/`)) seen.add(below);
}
