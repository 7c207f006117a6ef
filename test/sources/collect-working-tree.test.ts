import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collectWorkingTree } from "../../src/sources/collect-working-tree.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { fetchWorld, scratchDirectory, type World } from "../helpers/fetch-world.ts";
import { gitRepository, hasGit } from "../helpers/git-repository.ts";

/** Writes files, made with the directories above them. */
function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** Everything below a directory except directories that hold something. */
function leaves(directory: string, prefix = ""): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const inner = entry.isDirectory() ? leaves(join(directory, entry.name), `${prefix}${entry.name}/`) : [];
      return inner.length > 0 ? inner : [`${prefix}${entry.name}`];
    })
    .sort();
}

async function collect(world: World, directory: string) {
  const target = join(world.path, "target");
  rmSync(target, { recursive: true, force: true });
  const content = await collectWorkingTree(world.context, directory, target);
  return { ...content, target, leaves: leaves(target) };
}

test("of a directory that is no checkout everything comes, read-only", async () => {
  using world = fetchWorld();
  using scratch = scratchDirectory();
  write(scratch.path, { "a/b": "b", ".hidden": "h", ".gitignore": "a\n", run: "#!/bin/sh\n" });
  mkdirSync(join(scratch.path, "empty/er"), { recursive: true });
  symlinkSync("nowhere", join(scratch.path, "link"));
  symlinkSync("a", join(scratch.path, "link-to-directory"));
  chmodSync(join(scratch.path, "run"), 0o700);
  chmodSync(join(scratch.path, ".hidden"), 0o666);
  const tree = await collect(world, scratch.path);
  expect(tree.leaves).toEqual([".gitignore", ".hidden", "a/b", "empty/er", "link", "link-to-directory", "run"]);
  expect(tree).toMatchObject({ files: 6, size: 1 + 1 + 2 + 10 });
  expect(readlinkSync(join(tree.target, "link-to-directory"))).toBe("a");
  expect(statSync(join(tree.target, "run")).mode & 0o777).toBe(0o555);
  expect(statSync(join(tree.target, ".hidden")).mode & 0o777).toBe(0o444);
});

test("the tree id is by content: not by times, owners' modes or the place", async () => {
  using world = fetchWorld();
  using one = scratchDirectory();
  using two = scratchDirectory();
  for (const { path } of [one, two]) write(path, { "a/b": "b", c: "c" });
  chmodSync(join(two.path, "c"), 0o600);
  const { treeId } = await collect(world, one.path);
  expect((await collect(world, two.path)).treeId).toBe(treeId);
  chmodSync(join(two.path, "c"), 0o755);
  expect((await collect(world, two.path)).treeId).not.toBe(treeId);
});

test("what is no directory, special or not there is refused", async () => {
  using world = fetchWorld();
  using scratch = scratchDirectory();
  write(scratch.path, { file: "" });
  const target = join(world.path, "target");
  const code = async (path: string) => await caughtAsync(collectWorkingTree(world.context, path, target));
  expect(await code(join(scratch.path, "none"))).toMatchObject({ code: "NOT_FOUND" });
  expect(await code(join(scratch.path, "file"))).toMatchObject({ code: "INVALID_INPUT" });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(scratch.path, "socket"), resolve));
  const special = await code(scratch.path);
  await new Promise((resolve) => server.close(resolve));
  expect(special).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("socket") });
});

describe.skipIf(!hasGit())("with git (skipped: this machine has no git)", () => {
  test("of a checkout comes what git tracks and what it would add", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    write(repository.path, {
      ".gitignore": "*.o\n/build/\n",
      "src/a.c": "committed",
      "src/tracked.o": "tracked although ignored",
      gone: "deleted since",
    });
    repository.commit();
    write(repository.path, {
      "src/a.c": "changed since",
      "src/new.c": "not added yet",
      "src/new.o": "ignored",
      "build/out": "ignored",
      'caf\u00e9 "q"\n': "an odd name",
    });
    unlinkSync(join(repository.path, "gone"));
    const tree = await collect(world, repository.path);
    expect(tree.leaves).toEqual([".gitignore", 'caf\u00e9 "q"\n', "src/a.c", "src/new.c", "src/tracked.o"]);
    expect(readFileSync(join(tree.target, "src/a.c"), "utf8")).toBe("changed since");
    const part = await collect(world, join(repository.path, "src"));
    expect(part.leaves).toEqual(["a.c", "new.c", "tracked.o"]);
  });

  test("names that are not UTF-8 come too", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    const name = Buffer.from([0x61, 0xff, 0xfe]);
    writeFileSync(Buffer.concat([Buffer.from(`${repository.path}/`), name]), "odd");
    const target = join(world.path, "target");
    await collectWorkingTree(world.context, repository.path, target);
    expect(readdirSync(target, { encoding: "buffer" })).toEqual([name]);
  });

  test("checkouts inside a checkout, submodules or not, are collected as what they are", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const sub = gitRepository(scratch.path, "sub");
    write(sub.path, { s: "s", ".gitignore": "*.o\n" });
    sub.commit();
    const repository = gitRepository(scratch.path, "x");
    repository.git("submodule", "--quiet", "add", sub.path, "modules/sub");
    repository.git("submodule", "--quiet", "add", sub.path, "modules/absent");
    repository.commit();
    repository.git("submodule", "--quiet", "deinit", "--force", "modules/absent");
    repository.git("submodule", "--quiet", "add", sub.path, "modules/exported");
    unlinkSync(join(repository.path, "modules/exported/.git"));
    write(repository.path, { "modules/sub/x.o": "ignored", "modules/sub/new": "new" });
    const nested = gitRepository(repository.path, "nested");
    write(nested.path, { n: "n", ".gitignore": "*.tmp\n", "x.tmp": "ignored" });
    const tree = await collect(world, repository.path);
    expect(tree.leaves).toEqual([
      ".gitmodules",
      "modules/absent",
      "modules/exported/.gitignore",
      "modules/exported/s",
      "modules/sub/.gitignore",
      "modules/sub/new",
      "modules/sub/s",
      "nested/.gitignore",
      "nested/n",
    ]);
  });

  test("nothing is read through a link that took a directory's place", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    write(repository.path, { "d/file": "tracked" });
    write(scratch.path, { "outside/file": "secret" });
    repository.commit();
    rmSync(join(repository.path, "d"), { recursive: true });
    symlinkSync("../outside", join(repository.path, "d"));
    const tree = await collect(world, repository.path);
    expect(tree.leaves).toEqual(["d"]);
    expect(readlinkSync(join(tree.target, "d"))).toBe("../outside");
  });

  test("a tracked file that became a directory comes as what lies there, and the other way round", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    write(repository.path, { ".gitignore": "*.o\n", a: "file", "a-b": "file", c: "file", "d/e/f": "f", "d/g": "g" });
    repository.commit();
    for (const path of ["a", "c", "d"]) rmSync(join(repository.path, path), { recursive: true });
    write(repository.path, { "a/b": "b", "a/c/d": "d", "a/x.o": "ignored", "c/x.o": "ignored", d: "file" });
    expect((await collect(world, repository.path)).leaves).toEqual([".gitignore", "a-b", "a/b", "a/c/d", "c", "d"]);
    const nested = gitRepository(repository.path, "c");
    write(nested.path, { n: "n" });
    expect((await collect(world, repository.path)).leaves).toContain("c/n");
  });

  test("a directory that its checkout ignores altogether comes whole; an empty one comes empty", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    write(repository.path, { ".gitignore": "/build/\n*.o\n", "build/out": "o", "build/x.o": "o" });
    mkdirSync(join(repository.path, "empty"));
    expect((await collect(world, join(repository.path, "build"))).leaves).toEqual(["out", "x.o"]);
    expect((await collect(world, join(repository.path, "empty"))).leaves).toEqual([]);
  });

  test("a broken .git is no checkout, and a checkout needs git", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    write(scratch.path, { a: "a" });
    mkdirSync(join(scratch.path, ".git"));
    expect((await collect(world, scratch.path)).leaves).toEqual([".git", "a"]);
    const context = { ...world.context, env: { PATH: "/nonexistent" } };
    const error = await caughtAsync(collectWorkingTree(context, scratch.path, join(world.path, "other")));
    expect(error).toMatchObject({ code: "UNSUPPORTED" });
  });
});
