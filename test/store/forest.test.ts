import { execFileSync, spawnSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ByteString, toFsPath } from "../../src/model/byte-string.ts";
import { EMPTY_TREE_ID } from "../../src/model/git-object.ts";
import type { BaseName, TreeId } from "../../src/model/ids.ts";
import type { ForestPackage } from "../../src/model/link-plan/forest-package.ts";
import { type PlanDirectory, type PlanNode, planLinks } from "../../src/model/link-plan.ts";
import { diskTreeReader, treeIdOfPlan, writeForest } from "../../src/store/forest.ts";
import { naiveForest } from "../helpers/naive-forest.ts";
import {
  anyWorld,
  EMPTY,
  executable,
  link,
  memoryReader,
  packageOf,
  planLines,
  type Tree,
  type World,
  world,
  writeWorld,
} from "../helpers/package-world.ts";
import { runs } from "../helpers/runs.ts";

let top: string;
let count = 0;

beforeAll(() => {
  top = mkdtempSync(join(realpathSync(tmpdir()), "forest-"));
});

afterAll(() => {
  execFileSync("chmod", ["-R", "u+w", top]);
  rmSync(top, { recursive: true });
});

function freshDirectory(name = `${count++}`): string {
  const path = `${top}/${name}`;
  mkdirSync(path);
  return path;
}

function planFromDisk(storeDir: string, packages: readonly ForestPackage[]) {
  return planLinks(packages, diskTreeReader(storeDir), { storeDir });
}

/** Writes packages and their forest; the plan may have conflicts. */
function writeBoth(input: World) {
  const storeDir = freshDirectory();
  writeWorld(input, storeDir);
  const plan = planFromDisk(storeDir, input.packages);
  const forest = `${storeDir}/forest`;
  mkdirSync(forest);
  writeForest(plan.root, forest);
  return { ...plan, storeDir, forest };
}

function directory(entries: Readonly<Record<string, PlanNode | string>>): PlanDirectory {
  const nodes = Object.entries(entries).map(([name, node]): [ByteString, PlanNode] => [
    name as ByteString,
    typeof node === "string" ? { kind: "link", target: node as ByteString } : node,
  ]);
  return { kind: "directory", entries: new Map(nodes) };
}

function at(...parts: readonly string[]): string | Buffer {
  return toFsPath(parts.join("/") as ByteString);
}

describe("diskTreeReader", () => {
  const a = packageOf("A").baseName;
  const b = packageOf("B").baseName;
  const byteString = (path: string) => path as ByteString;

  function same(left: (path: string) => void, right: (path: string) => void): boolean {
    const storeDir = freshDirectory();
    for (const each of [a, b]) mkdirSync(`${storeDir}/${each}`);
    left(`${storeDir}/${a}/x`);
    right(`${storeDir}/${b}/x`);
    const place = (baseName: BaseName) => ({ baseName, path: byteString("x") });
    return diskTreeReader(storeDir).sameContent(place(a), place(b));
  }

  const bytes =
    (content: string | Buffer, mode = 0o444) =>
    (path: string) =>
      writeFileSync(path, content, { mode });

  test("lists names that are not UTF-8, with their kinds, in a storeDir that is not ASCII", () => {
    const storeDir = freshDirectory("stöße");
    const input = world({ A: { "\xe9/\xff": "", l: link("\xe9"), ["__proto__"]: executable("") } });
    writeWorld(input, storeDir);
    const reader = diskTreeReader(storeDir);
    const entries = reader.list(a, byteString("")).map(({ name, kind }) => `${name} ${kind}`);
    expect(entries.sort()).toEqual(["__proto__ file", "l link", "\xe9 directory"]);
    expect(reader.list(a, byteString("\xe9"))).toEqual([{ name: "\xff", kind: "file" }]);
    expect(reader.readLink(a, byteString("l"))).toBe("\xe9");
  });

  test("same content: the same file, or equal bytes and executable bit", () => {
    const long = Buffer.alloc(600_001, "x");
    const changed = (position: number) => {
      const copy = Buffer.from(long);
      copy[position] = 0;
      return copy;
    };
    expect(same(bytes("1"), (path) => linkSync(path.replace(b, a), path))).toBe(true);
    expect(same(bytes("1"), bytes("1"))).toBe(true);
    expect(same(bytes(""), bytes(""))).toBe(true);
    expect(same(bytes(long, 0o555), bytes(long, 0o755))).toBe(true);
    expect(same(bytes("1"), bytes("2"))).toBe(false);
    expect(same(bytes("1"), bytes("11"))).toBe(false);
    expect(same(bytes(""), bytes("1"))).toBe(false);
    expect(same(bytes("1"), bytes("1", 0o555))).toBe(false);
    for (const position of [0, 300_000, 600_000]) expect(same(bytes(long), bytes(changed(position)))).toBe(false);
  });

  test("an object that is missing or holds what no object may hold is damaged", () => {
    const storeDir = freshDirectory();
    writeWorld(world({ A: { f: "", "d/": EMPTY } }), storeDir);
    execFileSync("mkfifo", [`${storeDir}/${a}/d/pipe`]);
    const reader = diskTreeReader(storeDir);
    const damaged = (message: RegExp) =>
      expect.objectContaining({ code: "DAMAGED", message: expect.stringMatching(message) });
    expect(() => reader.list(b, byteString(""))).toThrowError(damaged(new RegExp(`^${b} is missing`)));
    expect(() => reader.list(a, byteString("f"))).toThrowError(damaged(new RegExp(`^f in ${a} is missing`)));
    expect(() => reader.readLink(a, byteString("f"))).toThrowError(damaged(/ has changed/));
    expect(() => reader.list(a, byteString("d"))).toThrowError(
      damaged(/^d in .* no directory, regular file or symlink/),
    );
    const place = (baseName: BaseName) => ({ baseName, path: byteString("f") });
    expect(() => reader.sameContent(place(a), place(b))).toThrowError(damaged(new RegExp(`in ${b} is missing`)));
    expect(() => reader.sameContent(place(b), place(a))).toThrowError(damaged(new RegExp(`in ${b} is missing`)));
  });

  test("plans from disk and from data are the same", () => {
    fc.assert(
      fc.property(anyWorld(), (input) => {
        const storeDir = freshDirectory();
        writeWorld(input, storeDir);
        const fromDisk = planFromDisk(storeDir, input.packages);
        const fromData = planLinks(input.packages, memoryReader(input, storeDir), { storeDir });
        expect(planLines(fromDisk.root, input)).toEqual(planLines(fromData.root, input));
        expect(fromDisk.conflicts).toEqual(fromData.conflicts);
      }),
      { numRuns: runs(25) },
    );
  });
});

describe("writeForest", () => {
  test("writes directories and links, and freezes all directories but the top", () => {
    const forest = freshDirectory();
    const before = statSync(forest);
    writeForest(
      directory({
        "\xe9": directory({ "\xff": "../../\xe9x", d: directory({}) }),
        lib: "../lib",
        "\xfc": directory({ x: "y" }),
      }),
      forest,
    );
    expect(readdirSync(forest, { encoding: "latin1" }).sort()).toEqual(["lib", "\xe9", "\xfc"]);
    expect(readlinkSync(at(forest, "\xe9", "\xff"), { encoding: "latin1" })).toBe("../../\xe9x");
    expect(readlinkSync(`${forest}/lib`)).toBe("../lib");
    for (const path of ["\xe9", "\xe9/d", "\xfc"]) {
      const stats = lstatSync(at(forest, path));
      expect([path, stats.mode & 0o7777, stats.mtimeMs]).toEqual([path, 0o555, 1000]);
    }
    expect(statSync(forest).mode).toBe(before.mode);
  });

  test("replaces nothing", () => {
    const forest = freshDirectory();
    writeFileSync(`${forest}/x`, "mine");
    expect(() => writeForest(directory({ x: "../y" }), forest)).toThrowError(/EEXIST/);
    expect(readFileSync(`${forest}/x`, "utf8")).toBe("mine");
  });

  test("works in a directory that is not ASCII", () => {
    const forest = freshDirectory("wäld");
    writeForest(directory({ d: directory({ "\xff": "x" }) }), forest);
    expect(readdirSync(`${forest}/d`, { encoding: "latin1" })).toEqual(["\xff"]);
  });
});

describe("treeIdOfPlan", () => {
  const git = (repository: string, args: readonly string[], input: Buffer | string = "") =>
    execFileSync("git", ["-C", repository, ...args], { input, env: { PATH: process.env.PATH, HOME: top } })
      .toString()
      .trim() as TreeId;

  function freshRepository(): string {
    const repository = freshDirectory();
    git(repository, ["init", "--quiet", "--object-format=sha256"]);
    return repository;
  }

  /** What git makes of the links that were written to disk; git's index has no empty directories. */
  function writtenTreeId(root: PlanDirectory): TreeId {
    const repository = freshRepository();
    writeForest(root, repository);
    git(repository, ["add", "--all"]);
    return git(repository, ["write-tree"]);
  }

  test("nothing is the empty tree", () => {
    expect(treeIdOfPlan(directory({}))).toBe(EMPTY_TREE_ID);
    expect(git(freshRepository(), ["mktree"])).toBe(EMPTY_TREE_ID);
  });

  test("empty directories are empty trees", () => {
    const repository = freshRepository();
    const blob = git(repository, ["hash-object", "-w", "--stdin"], "../x");
    const empty = git(repository, ["mktree"]);
    const lines = `120000 blob ${blob}\tl\x00040000 tree ${empty}\te\0`;
    expect(treeIdOfPlan(directory({ e: directory({}), l: "../x" }))).toBe(git(repository, ["mktree", "-z"], lines));
  });

  test("entries are in git's order, where a directory ends in a slash", () => {
    const inner = directory({ x: "../../x" });
    const root = directory({
      a: inner,
      "a.b": "1",
      "a-b": "2",
      a0: inner,
      "a.": inner,
      "10": "3",
      "9": "4",
      "\xff": "5",
    });
    expect(treeIdOfPlan(root)).toBe(writtenTreeId(root));
  });

  test("is what git says of the forest on disk", () => {
    const name = fc
      .uint8Array({ minLength: 1, maxLength: 6 })
      .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 47 ? 97 : byte))).toString("latin1"))
      .filter((text) => !/^\.*$/.test(text) && !/git/i.test(text));
    const target = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom("a", "/", "..", "\xe9", "\n") });
    const { root } = fc.letrec<{ root: Record<string, PlanNode | string>; node: PlanNode | string }>((tie) => ({
      root: fc.dictionary(name, tie("node"), { minKeys: 1, maxKeys: 5 }),
      node: fc.oneof(target, tie("root").map(directory)),
    }));
    fc.assert(
      fc.property(root.map(directory), (plan) => {
        expect(treeIdOfPlan(plan)).toBe(writtenTreeId(plan));
      }),
      { numRuns: runs(10) },
    );
  });
});

describe("a forest on disk", () => {
  /** Mostly different priorities, so that most worlds have a forest without conflicts. */
  const worlds = fc.oneof(anyWorld(), anyWorld({ priority: fc.integer({ min: 1, max: 20 }) }));

  test("shows at every path what the winning package has there", () => {
    fc.assert(
      fc.property(worlds, (input) => {
        const { storeDir, forest, conflicts } = writeBoth(input);
        const demands = naiveForest(storeDir, input.packages);
        for (const [path, demand] of demands) {
          if (demand.kind === "directory") {
            expect(readdirSync(at(forest, path), { encoding: "latin1" }).sort()).toEqual(demand.names);
          } else if (demand.kind === "link") {
            expect(stepFrom(`${forest}/${path}`)).toBe(demand.to);
            expect(lookThrough(`${forest}/${path}`)).toEqual(lookThrough(demand.to));
          }
        }
        const demanded = [...demands].flatMap(([path, demand]) =>
          demand.kind === "conflict" ? [`${path}: ${demand.packages}`] : [],
        );
        const found = conflicts.map(
          ({ path, contenders }) => `${path}: ${contenders.map((each) => each.package.name)}`,
        );
        expect(found).toEqual(demanded);
      }),
      { numRuns: runs(75) },
    );
  });

  test("folds as far as it can: a directory below the top is one for several packages", () => {
    fc.assert(
      fc.property(worlds, (input) => {
        const { storeDir, root } = writeBoth(input);
        for (const path of directoriesOf(root)) {
          const having = input.packages.filter(({ baseName }) => isDirectory(at(storeDir, baseName, path)));
          expect([path, having.length > 1]).toEqual([path, true]);
        }
      }),
      { numRuns: runs(25) },
    );
  });

  test("is what GNU Stow makes of packages that do not contradict each other", (context) => {
    if (spawnSync("stow", ["--version"]).error) {
      context.skip("GNU Stow is not installed");
    }
    const item = fc.constant({ kind: "file", content: "", executable: false } as const);
    fc.assert(
      fc.property(anyWorld({ item }).map(withOwnFiles), (input) => {
        const { storeDir, forest, conflicts } = writeBoth(input);
        expect(conflicts).toEqual([]);
        mkdirSync(`${storeDir}/stowed`);
        const baseNames = input.packages.map(({ baseName }) => baseName);
        execFileSync("stow", ["--dir", storeDir, "--target", `${storeDir}/stowed`, ...baseNames], {
          cwd: storeDir,
          env: { PATH: process.env.PATH, HOME: storeDir },
        });
        expect(listing(forest)).toEqual(listing(`${storeDir}/stowed`));
      }),
      { numRuns: runs(6) },
    );
  });

  test("an absolute link into its own package is known by the storeDir", () => {
    const { conflicts, forest } = writeBoth(
      world({ A: { lib64: link("<store>/<self>/lib"), "lib/x": "1" }, B: { "lib64/y": "2" } }),
    );
    expect(conflicts).toEqual([]);
    expect(readFileSync(`${forest}/lib64/x`, "utf8") + readFileSync(`${forest}/lib64/y`, "utf8")).toBe("12");
  });
});

/** Where a symlink leads in one step. */
function stepFrom(path: string): string {
  return resolve(dirname(path), readlinkSync(at(path), { encoding: "latin1" }));
}

function lookThrough(path: string): unknown {
  try {
    const stats = statSync(at(path));
    return stats.isFile()
      ? [stats.mode, readFileSync(at(path), "latin1")]
      : readdirSync(at(path), { encoding: "latin1" }).sort();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function isDirectory(path: string | Buffer): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function directoriesOf(root: PlanDirectory, path = ""): readonly string[] {
  return [...root.entries].flatMap(([name, node]) => {
    const child = path === "" ? name : `${path}/${name}`;
    return node.kind === "directory" ? [child, ...directoriesOf(node, child)] : [];
  });
}

/** Every path in a directory, `name -> target` for a symlink. */
function listing(path: string): readonly string[] {
  return readdirSync(path, { encoding: "latin1", recursive: false })
    .sort()
    .flatMap((name) => {
      const child = `${path}/${name}`;
      const stats = lstatSync(at(child));
      if (!stats.isDirectory()) return [`${name} -> ${readlinkSync(at(child), { encoding: "latin1" })}`];
      return [`${name}/`, ...listing(child).map((line) => `${name}/${line}`)];
    });
}

/** Gives each file a name that no other package has, so that nothing contradicts; Stow knows only UTF-8. */
function withOwnFiles({ packages, trees }: World): World {
  const rename = (baseName: BaseName, tree: Tree): Tree =>
    new Map(
      [...tree].map(([path, item]) => {
        const plain = path.replaceAll("\xe9", "e");
        return [item.kind === "file" ? `${plain}-${baseName[0]}` : plain, item];
      }),
    );
  return { packages, trees: new Map([...trees].map(([baseName, tree]) => [baseName, rename(baseName, tree)])) };
}
