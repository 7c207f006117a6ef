import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { TreeId } from "../../src/model/ids.ts";
import { fetchGit } from "../../src/sources/fetch-git.ts";
import { caughtAsync } from "../helpers/caught.ts";
import { close, fetchWorld, listen, scratchDirectory } from "../helpers/fetch-world.ts";
import { type GitRepository, gitRepository, hasGit } from "../helpers/git-repository.ts";

const urlOf = ({ path }: GitRepository) => pathToFileURL(path).href;

/** Fills a repository with everything that checkouts like to change. */
function fill({ path }: GitRepository): void {
  const attributes = [
    "*.txt text eol=crlf ident export-subst",
    "*.lat working-tree-encoding=UTF-16LE",
    "*.big filter=shout",
    "secret export-ignore",
  ];
  writeFileSync(join(path, ".gitattributes"), `${attributes.join("\n")}\n`);
  writeFileSync(join(path, "a.txt"), "$Id$ $Format:%H$\nline\n");
  writeFileSync(join(path, "crlf.bin"), "one\r\ntwo\r\n");
  writeFileSync(join(path, "c.lat"), Buffer.from("text", "utf16le"));
  writeFileSync(join(path, "d.big"), "pointer");
  writeFileSync(join(path, "secret"), "kept");
  writeFileSync(join(path, ".gitignore"), "ignored\n");
  writeFileSync(join(path, "ignored"), "tracked all the same");
  writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0x0a, 0x25])]), "odd name");
  writeFileSync(join(path, "__proto__"), "a name");
  mkdirSync(join(path, "deep/er/st"), { recursive: true });
  writeFileSync(join(path, "deep/er/st/empty"), "");
  writeFileSync(join(path, "run"), "#!/bin/sh\n");
  chmodSync(join(path, "run"), 0o755);
  symlinkSync("../outside", join(path, "deep/link"));
}

describe.skipIf(!hasGit())("with git (skipped: this machine has no git)", () => {
  test("the files of a commit come as they are in it, whatever attributes and configuration say", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    fill(repository);
    repository.git("config", "filter.shout.clean", "cat");
    const commit = repository.commit();
    const config =
      '[core]\n\tautocrlf = true\n\tsymlinks = false\n[filter "shout"]\n\tsmudge = false\n\trequired = true\n';
    writeFileSync(join(world.path, ".gitconfig"), config);
    const fetched = await fetchGit(world.context, { url: urlOf(repository), commit });
    const read = (name: string) => readFileSync(join(fetched.path, name), "latin1");
    expect(readdirSync(fetched.path)).not.toContain(".git");
    expect(read("a.txt")).toBe("$Id$ $Format:%H$\nline\n");
    expect(read("crlf.bin")).toBe("one\r\ntwo\r\n");
    expect(read("c.lat")).toBe("text");
    expect(read("d.big")).toBe("pointer");
    expect(read("secret")).toBe("kept");
    expect(read("ignored")).toBe("tracked all the same");
    expect(read("deep/er/st/empty")).toBe("");
    expect(readlinkSync(join(fetched.path, "deep/link"))).toBe("../outside");
    expect(statSync(join(fetched.path, "run")).mode & 0o777).toBe(0o555);
    expect(statSync(join(fetched.path, "a.txt")).mode & 0o777).toBe(0o444);
    expect(fetched).toMatchObject({ commit, origin: `git+${urlOf(repository)}#${commit}`, reused: false, files: 13 });
    expect(readdirSync(join(world.path, "tmp"))).toEqual([]);
  });

  test("the tree id is the one that git gives the tree in a SHA-256 repository", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const one = gitRepository(scratch.path, "one", "sha1");
    const two = gitRepository(scratch.path, "two", "sha256");
    for (const repository of [one, two]) fill(repository);
    for (const repository of [one, two]) writeFileSync(join(repository.path, ".gitattributes"), "* -text\n");
    const commits = [one.commit(), two.commit()] as const;
    expect(commits.map(({ length }) => length)).toEqual([40, 64]);
    const fromOne = await fetchGit(world.context, { url: urlOf(one), commit: commits[0] });
    const fromTwo = await fetchGit(world.context, { url: urlOf(two), commit: commits[1] });
    expect(fromTwo.treeId).toBe(two.git("rev-parse", "HEAD^{tree}"));
    expect(fromOne.treeId).toBe(fromTwo.treeId);
    expect(fromOne.path).toBe(fromTwo.path);
  });

  test("a commit is fetched once, found offline and by every URL, and checked before use", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    writeFileSync(join(repository.path, "a"), "content");
    const commit = repository.commit();
    const url = urlOf(repository);
    const first = await fetchGit(world.context, { url, commit });
    const offline = { ...world.context, offline: true };
    const request = { url: "https://elsewhere.invalid/x.git", commit };
    expect(await fetchGit(offline, request)).toMatchObject({ treeId: first.treeId, path: first.path, reused: true });
    chmodSync(join(first.path, "a"), 0o644);
    writeFileSync(join(first.path, "a"), "damaged");
    expect(await caughtAsync(fetchGit(offline, request))).toMatchObject({ code: "OFFLINE", details: { commit } });
    expect(world.said("damaged")).toEqual([{ kind: "damaged", path: first.path }]);
    expect(await fetchGit(world.context, { url, commit })).toEqual(first);
    expect(readFileSync(join(first.path, "a"), "utf8")).toBe("content");
    const treeId = "0".repeat(64) as TreeId;
    expect(await caughtAsync(fetchGit(world.context, { url, commit, treeId }))).toMatchObject({
      code: "INTEGRITY",
      details: { expected: treeId, actual: first.treeId },
    });
  });

  test("submodules come too, with theirs, by relative and absolute URL; or not", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const inner = gitRepository(scratch.path, "team/inner");
    writeFileSync(join(inner.path, "i"), "inner");
    inner.commit();
    const middle = gitRepository(scratch.path, "team/middle");
    middle.git("submodule", "--quiet", "add", "../inner", "sub dir/inner");
    writeFileSync(join(middle.path, "m"), "middle");
    middle.commit();
    const outer = gitRepository(scratch.path, "outer");
    outer.git("submodule", "--quiet", "add", "--name", "a.b", middle.path, "modules/middle");
    const commit = outer.commit();
    // What the submodule's branch is now does not matter.
    writeFileSync(join(middle.path, "m"), "newer");
    middle.commit();
    const url = urlOf(outer);
    const fetched = await fetchGit(world.context, { url, commit });
    const names = readdirSync(fetched.path, { recursive: true, encoding: "utf8" }).sort();
    expect(names.filter((name) => /(^|\/)\.git$/.test(name))).toEqual([]);
    expect(readFileSync(join(fetched.path, "modules/middle/m"), "utf8")).toBe("middle");
    expect(readFileSync(join(fetched.path, "modules/middle/sub dir/inner/i"), "utf8")).toBe("inner");
    const without = await fetchGit(world.context, { url, commit, submodules: false });
    expect(readdirSync(join(without.path, "modules/middle"))).toEqual([]);
    expect(without.treeId).not.toBe(fetched.treeId);
  });

  test("a commit that no branch leads to is fetched, from a server that gives it and by one that does not know how", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    writeFileSync(join(repository.path, "a"), "first");
    const first = repository.commit();
    writeFileSync(join(repository.path, "a"), "second");
    const second = repository.commit();
    repository.git("update-server-info");
    const hook = join(scratch.path, "reference-transaction");
    writeFileSync(hook, `#!/bin/sh\ntouch ${scratch.path}/ran\n`, { mode: 0o755 });
    writeFileSync(join(world.path, ".gitconfig"), `[core]\n\thooksPath = ${scratch.path}\n`);
    // A plain file server: git's "dumb" protocol, without single commits.
    const server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(repository.path, ".git", String(request.url).replace(/\?.*/, ""))));
      } catch {
        response.writeHead(404).end();
      }
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    try {
      const old = await fetchGit(world.context, { url, commit: first });
      expect(readFileSync(join(old.path, "a"), "utf8")).toBe("first");
      // The user's hooks are not run.
      expect(readdirSync(scratch.path)).not.toContain("ran");
    } finally {
      await close(server);
    }
    repository.git("reset", "--quiet", "--hard", first);
    const loose = await fetchGit(world.context, { url: urlOf(repository), commit: second });
    expect(readFileSync(join(loose.path, "a"), "utf8")).toBe("second");
  });

  test("what is not there, or is no commit, is said", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    writeFileSync(join(repository.path, "a"), "content");
    const commit = repository.commit();
    repository.git("tag", "--annotate", "--message=tag", "v1");
    const tag = repository.git("rev-parse", "v1");
    const url = urlOf(repository);
    const fetch = (request: { url: string; commit: string }) => caughtAsync(fetchGit(world.context, request));
    expect(await fetch({ url, commit: "1".repeat(40) })).toMatchObject({
      code: "NOT_FOUND",
      details: { commit: "1".repeat(40) },
    });
    expect(await fetch({ url, commit: tag })).toMatchObject({
      code: "INVALID_INPUT",
      hint: expect.stringContaining(commit),
    });
    expect(await fetch({ url: `${url}-not`, commit })).toMatchObject({ code: "NOT_FOUND" });
    const closed = await fetch({ url: "http://user:secret@127.0.0.1:1/x.git", commit });
    expect(closed).toMatchObject({ code: "NETWORK" });
    expect(JSON.stringify([String(closed), closed, world.events])).not.toContain("secret");
    expect(readdirSync(join(world.path, "tmp"))).toEqual([]);
  });

  test("a submodule may not be a file when the source is not, and must have a URL", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const inner = gitRepository(scratch.path, "inner");
    const outer = gitRepository(scratch.path, "outer");
    const innerCommit = inner.commit();
    outer.git("update-index", "--add", "--cacheinfo", `160000,${innerCommit},sub`);
    outer.git("commit", "--quiet", "--message=no .gitmodules");
    const none = outer.git("rev-parse", "HEAD");
    writeFileSync(join(outer.path, ".gitmodules"), `[submodule "s"]\n\tpath = sub\n\turl = file://${inner.path}\n`);
    outer.git("add", ".gitmodules");
    outer.git("commit", "--quiet", "--message=.gitmodules");
    const file = outer.git("rev-parse", "HEAD");
    outer.git("update-server-info");
    const url = urlOf(outer);
    expect(await caughtAsync(fetchGit(world.context, { url, commit: none }))).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("no URL"),
    });
    expect(await fetchGit(world.context, { url, commit: file })).toMatchObject({ commit: file });
    using fresh = fetchWorld();
    const server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(outer.path, ".git", String(request.url).replace(/\?.*/, ""))));
      } catch {
        response.writeHead(404).end();
      }
    });
    const http = `http://127.0.0.1:${await listen(server)}/`;
    try {
      expect(await caughtAsync(fetchGit(fresh.context, { url: http, commit: file }))).toMatchObject({
        code: "INVALID_INPUT",
        message: expect.stringContaining("may not use"),
      });
    } finally {
      await close(server);
    }
  });

  test("a tree that would write outside, into .git or through a link is refused", async () => {
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    const blobOf = (content: string) => {
      writeFileSync(join(repository.path, "blob"), content);
      return repository.git("hash-object", "-w", "blob");
    };
    const blob = blobOf("evil");
    const link = blobOf("evil");
    const entry = (mode: string, name: string, id: string) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]);
    /** Writes a tree object without the checks of git's own commands. */
    const tree = (...entries: readonly Buffer[]) => {
      writeFileSync(join(scratch.path, "tree"), Buffer.concat(entries));
      return repository.git("hash-object", "-t", "tree", "-w", "--literally", join(scratch.path, "tree"));
    };
    const inner = tree(entry("100644", "file", blob));
    const trees = {
      "..": tree(entry("40000", "..", inner)),
      ".git": tree(entry("100644", ".git", blob)),
      ".GIT": tree(entry("40000", ".GIT", inner)),
      ".": tree(entry("40000", ".", inner)),
      "a/b": tree(entry("100644", "a/b", blob)),
      "through a link": tree(entry("120000", "a", link), entry("40000", "a", inner)),
      "a link to nothing": tree(entry("120000", "a", blobOf(""))),
      "a link to what has a NUL": tree(entry("120000", "a", blobOf("a\0b"))),
      twice: tree(entry("100644", "a", blob), entry("100644", "a", blob)),
    };
    for (const [name, id] of Object.entries(trees)) {
      using world = fetchWorld();
      const commit = repository.git("commit-tree", id, "-m", name);
      const error = await caughtAsync(fetchGit(world.context, { url: urlOf(repository), commit }));
      expect(error, name).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("safely") });
      expect(readdirSync(join(world.path, "tmp"))).toEqual([]);
    }
  });

  test("replacements and the environment of another repository have no say", async () => {
    using world = fetchWorld();
    using scratch = scratchDirectory();
    const repository = gitRepository(scratch.path, "x");
    writeFileSync(join(repository.path, "a"), "good");
    const commit = repository.commit();
    writeFileSync(join(repository.path, "a"), "replaced");
    repository.git("replace", commit, repository.commit());
    const env = { ...world.context.env, GIT_DIR: scratch.path, GIT_OBJECT_DIRECTORY: scratch.path };
    const fetched = await fetchGit({ ...world.context, env }, { url: urlOf(repository), commit });
    expect(readFileSync(join(fetched.path, "a"), "utf8")).toBe("good");
  });

  test("an abort ends git and leaves nothing", async () => {
    const controller = new AbortController();
    using world = fetchWorld({ signal: controller.signal });
    const server = createServer(() => setTimeout(() => controller.abort(new Error("enough")), 10));
    const url = `http://127.0.0.1:${await listen(server)}/x.git`;
    try {
      const error = await caughtAsync(fetchGit(world.context, { url, commit: "1".repeat(40) }));
      expect(error).toBe(controller.signal.reason);
      expect(readdirSync(join(world.path, "tmp"))).toEqual([]);
    } finally {
      await close(server);
    }
  });
});

test.each(["/nonexistent", "/etc/passwd"])("without git in PATH (%s) the error says so", async (path) => {
  using world = fetchWorld({ env: { PATH: path } });
  const error = await caughtAsync(fetchGit(world.context, { url: "file:///srv/x", commit: "1".repeat(40) }));
  expect(error).toMatchObject({ code: "UNSUPPORTED", hint: expect.stringContaining("Install git") });
});
