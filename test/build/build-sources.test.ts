import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, readdirSync, readFileSync, renameSync, utimesSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { ByteString } from "../../src/model/byte-string.ts";
import { buildRepro } from "../../src/operations/building/build-repro.ts";
import { packRepro } from "../../src/operations/building/pack-repro.ts";
import { checkRecipes } from "../../src/operations/building/recipes.ts";
import { whyRebuild } from "../../src/operations/building/why-rebuild.ts";
import { readDirectoryContent } from "../../src/sources/directory-content.ts";
import { makeBuildWorld } from "../helpers/build-world.ts";
import { gitRepository, hasGit } from "../helpers/git-repository.ts";
import type { Entry } from "../helpers/worlds.ts";

describe("a working tree is found relative to the recipe's file", () => {
  it.each([
    ["an absolute", (recipes: string) => recipes],
    ["a relative", (recipes: string) => relative(process.cwd(), recipes)],
  ])("from %s directory of recipes", async (_, written) => {
    const world = makeBuildWorld({ memory: true });
    world.tree({ "work/mine": "x" }, dirname(world.recipes));
    world.recipe("wtr", "sources: [{worktree: ../../work}]\nbuild: copy\n");
    const { built } = await world.build(await world.buildStore(), "wtr", { recipes: [written(world.recipes)] });
    expect(readdirSync(join(built[0]?.path ?? ""))).toEqual(["mine"]);
  });
});

describe("a source beside the recipe", () => {
  it.each([
    ["a directory", "/etc"],
    ["a directory of another recipe", "../tree"],
    ["a file", "/etc/hostname"],
  ])("that is a symlink to %s elsewhere is refused by name", async (_, target) => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("linked", "sources: [{path: d/s}]\nbuild: copy\n");
    world.tree({ "d/s": { link: target.replace("..", "../..") as ByteString } }, join(world.recipes, "linked"));
    const { error } = await world.failure(await world.buildStore(), "linked");
    const message = "linked/d/s of linked@1 is a symlink that leads out of the recipe's directory";
    expect([error.code, error.message]).toEqual(["INVALID_RECIPE", expect.stringContaining(message)]);
    expect(checkRecipes({ recipes: [join(world.recipes, "linked")] })).toMatchObject([
      { line: 3, message: "'linked/d/s' is a symlink that leads out of the recipe's directory" },
    ]);
  });

  it("that is a symlink inside the recipe's directory is what it leads to", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("linked", "sources: [{path: s}, {path: f}]\nbuild: copy\n");
    const links = { s: { link: "d" as ByteString }, f: { link: "d/a" as ByteString } };
    world.tree({ "d/a": "a", ...links }, join(world.recipes, "linked"));
    for (const sandbox of ["auto", "off"] as const) {
      const { built } = await world.build(await world.buildStore(sandbox), "linked", { sandbox });
      const path = built[0]?.path ?? "";
      expect(readdirSync(path).map((name) => [name, lstatSync(join(path, name)).isFile()])).toEqual([
        ["a", true],
        ["f", true],
      ]);
    }
  });
});

describe("modes and times of sources are the same for everybody", () => {
  const SEEN = ["./d 755", "./d/l 777", "./d/r 644", "./d/x 755", "./f 644"].map((line) => `${line} 315532800`);

  it.each(["path", "worktree", "git"] as const)("of a directory by %s beside a file", async (kind) => {
    if (kind === "git" && !hasGit()) return void process.stderr.write("SKIPPED: a source by git: there is no git\n");
    const world = makeBuildWorld({ memory: true });
    const source = world.tree(
      { x: { exec: "#!" }, r: "r", l: { link: "r" as ByteString } },
      join(world.recipes, "own/d"),
    );
    world.tree({ f: "f" }, join(world.recipes, "own"));
    const { treeId } = await readDirectoryContent(source as ByteString);
    const describe = {
      path: () => "path: d",
      worktree: () => "worktree: d",
      git: () => {
        const commit = gitRepository(join(world.recipes, "own"), "d").commit();
        return `url: "git+file://${source}#${commit}", integrity: "sha256:${treeId}"`;
      },
    };
    const found = "find ./d ./f -printf '%p %m %T@\\n' | sed 's/[.]0*$//' | sort";
    const phases = `phases:\n  install: |\n    mkdir "$out"; cd $src; ${found} > "$out/seen"\n`;
    world.recipe("own", `sources: [{${describe[kind]()}, fileName: d}, {path: f}]\nbuild: script\n${phases}`);
    chmodSync(join(source, "x"), 0o700);
    chmodSync(join(source, "r"), 0o664);
    utimesSync(join(source, "r"), 1, 1);
    const { built } = await world.build(await world.buildStore(), "own");
    expect(
      readFileSync(join(built[0]?.path ?? "", "seen"), "utf8")
        .trim()
        .split("\n"),
    ).toEqual(SEEN);
  });
});

it("a file beside the recipe is another source when it can be executed, also where its build is packed", async () => {
  const world = makeBuildWorld({ memory: true });
  world.tree({ tool: "#!/bin/sh\n" }, join(world.recipes, "tool"));
  world.recipe("tool", "sources: [{path: tool}]\nbuild: copy\n");
  const [store, there] = [await world.buildStore(), await world.buildStore("there")];
  const isExecutable = (path = "") => (lstatSync(join(path, "tool")).mode & 0o100) !== 0;
  const request = { recipes: [world.recipes], cwd: world.directory, jobs: 2 };
  const plain = await world.build(store, "tool");
  chmodSync(join(world.recipes, "tool/tool"), 0o755);
  expect(
    (await whyRebuild(store, { ...request, specs: ["tool"] }))[0]?.differences.map(({ member }) => member),
  ).toEqual(["sources.tool"]);
  const { built } = await world.build(store, "tool");
  expect([plain.built[0]?.path, built[0]?.path].map(isExecutable)).toEqual([false, true]);
  const { file } = await packRepro(store, { ...request, spec: "tool" });
  const again = await buildRepro(there, { ...request, offline: true, file });
  expect([again.key, isExecutable(again.path)]).toEqual([built[0]?.key, true]);
});

describe("names that are not UTF-8 are the same bytes in what is built", () => {
  const odd = (text: string) => text as ByteString;
  const TREE = new Map<ByteString, Entry>([
    [odd("d\xff/e\xfe"), "in"],
    [odd("d\xff/l\xfd"), { link: odd("../t\xfc") }],
    [odd("\xc3\xa9"), { exec: "utf-8" }],
  ]);
  const NAMES = ["d\xff", "d\xff/e\xfe", "d\xff/l\xfd", "\xc3\xa9"];
  const listed = (path: string) =>
    execFileSync("find", [path, "-mindepth", "1", "-printf", "%P\\0"], { encoding: "latin1" })
      .split("\0")
      .sort()
      .slice(1);

  it.each(["path", "worktree", "git"] as const)("of a source by %s, also where its build is packed", async (kind) => {
    if (kind === "git" && !hasGit()) return void process.stderr.write("SKIPPED: a source by git: there is no git\n");
    const world = makeBuildWorld({ memory: true });
    const source = world.tree(TREE, join(world.recipes, "odd/files"));
    const { treeId } = await readDirectoryContent(source as ByteString);
    const describe = {
      path: () => "path: files",
      worktree: () => "worktree: files",
      git: () => {
        const commit = gitRepository(join(world.recipes, "odd"), "files").commit();
        return `url: "git+file://${source}#${commit}", integrity: "sha256:${treeId}"`;
      },
    };
    world.recipe("odd", `sources: [{${describe[kind]()}, fileName: files}]\nbuild: copy\n`);
    const { built } = await world.build(await world.buildStore(), "odd");
    expect(listed(built[0]?.path ?? "")).toEqual(NAMES);
    const request = { recipes: [world.recipes], cwd: world.directory, jobs: 2 };
    const { file } = await packRepro(await world.buildStore(), { ...request, spec: "odd" });
    const again = await buildRepro(await world.buildStore("there"), { ...request, offline: true, file });
    expect([again.built, listed(again.path)]).toEqual([true, NAMES]);
  });

  it.skipIf(!hasGit())("of a checkout in a directory with such a name (skipped where there is no git)", async () => {
    const world = makeBuildWorld({ memory: true });
    const work = world.tree(
      new Map([
        [odd("in\xff/o.o"), ""],
        [odd("in\xff/.gitignore"), "*.o\n"],
      ]),
    );
    gitRepository(work, "outer");
    renameSync(join(work, "outer/.git"), Buffer.from(`${work}/in\xff/.git`, "latin1"));
    gitRepository(work, ".");
    world.recipe("odd", `sources: [{worktree: ${work}}]\nbuild: copy\n`);
    const { built } = await world.build(await world.buildStore(), "odd");
    expect(listed(built[0]?.path ?? "")).toEqual(["in\xff", "in\xff/.gitignore"]);
  });
});
