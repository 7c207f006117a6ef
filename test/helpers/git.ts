import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ByteString, toBytes } from "../../src/model/byte-string.ts";
import { removeFile } from "../../src/system/remove-file.ts";
import { DIRECTORY, type Entry, entriesOf, type TreeData } from "./worlds.ts";

/** Real git, as the judge of tree ids. */
export interface Git {
  blobId(content: Uint8Array): string;
  /** The id of a tree made with `hash-object` and `mktree`, which know empty directories. */
  treeId(tree: TreeData): string;
  /** The id that `add` and `write-tree` give a directory on disk; git's index has no empty directories. */
  writeTree(directory: string): string;
}

/** Makes a repository of the SHA-256 object format in `directory`. */
export function makeGit(directory: string): Git {
  const repository = join(directory, "git");
  const run = (args: readonly string[], input: string | Buffer = "", env: Record<string, string> = {}): Buffer =>
    execFileSync("git", args, { input, env: { ...environment(repository), ...env }, maxBuffer: 1 << 26 });
  run(["init", "--quiet", "--bare", "--object-format=sha256", repository]);
  return {
    blobId: (content) => run(["hash-object", "--stdin", "--no-filters"], Buffer.from(content)).toString().trim(),
    treeId: (tree) => treeId(run, join(directory, "blobs"), tree),
    writeTree(worktree) {
      removeFile(join(directory, "index"));
      const env = { GIT_WORK_TREE: worktree, GIT_INDEX_FILE: join(directory, "index") };
      run(["add", "--all", "--force", worktree], "", env);
      return run(["write-tree"], "", env).toString().trim();
    },
  };
}

function environment(repository: string): Record<string, string> {
  const settings = { "core.protectNTFS": "false", "core.autocrlf": "false", "core.attributesFile": "/dev/null" };
  const pairs = Object.entries(settings).map(([key, value], at) => ({
    [`GIT_CONFIG_KEY_${at}`]: key,
    [`GIT_CONFIG_VALUE_${at}`]: value,
  }));
  return Object.assign(
    {
      PATH: process.env.PATH ?? "/usr/bin:/bin",
      HOME: "/nonexistent",
      GIT_DIR: repository,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_COUNT: String(pairs.length),
    },
    ...pairs,
  );
}

type Run = (args: readonly string[], input?: string | Buffer) => Buffer;

function treeId(run: Run, scratch: string, tree: TreeData): string {
  const leaves = entriesOf(tree).filter(([, entry]) => entry !== DIRECTORY);
  const ids = hashObjects(
    run,
    scratch,
    leaves.map(([, entry]) => contentOf(entry)),
  );
  const blobs = new Map(leaves.map(([path], at) => [path, ids[at] as string]));
  return makeTree(run, nest(tree), { prefix: "", blobs });
}

function hashObjects(run: Run, scratch: string, contents: readonly (string | Uint8Array)[]): string[] {
  mkdirSync(scratch, { recursive: true });
  const paths = contents.map((_, at) => join(scratch, String(at)));
  contents.forEach((content, at) => {
    writeFileSync(paths[at] as string, content);
  });
  return run(["hash-object", "-w", "--no-filters", "--stdin-paths"], paths.map((path) => `${path}\n`).join(""))
    .toString()
    .split("\n");
}

function contentOf(entry: Entry): string | Uint8Array {
  if (typeof entry === "string" || entry instanceof Uint8Array) return entry;
  if ("link" in entry) return toBytes(entry.link as ByteString);
  return "exec" in entry ? entry.exec : "";
}

type Nested = Map<string, Entry | Nested>;

function nest(tree: TreeData): Nested {
  const top: Nested = new Map();
  for (const [path, entry] of entriesOf(tree)) {
    const parts = path.split("/");
    let directory = top;
    for (const part of entry === DIRECTORY ? parts : parts.slice(0, -1)) {
      const inner = directory.get(part) ?? new Map();
      directory.set(part, inner);
      directory = inner as Nested;
    }
    if (entry !== DIRECTORY) directory.set(parts.at(-1) as string, entry);
  }
  return top;
}

interface Place {
  readonly prefix: string;
  readonly blobs: ReadonlyMap<string, string>;
}

function makeTree(run: Run, directory: Nested, { prefix, blobs }: Place): string {
  let lines = "";
  for (const [name, entry] of directory) {
    const path = `${prefix}${name}`;
    if (entry instanceof Map) {
      lines += `040000 tree ${makeTree(run, entry, { prefix: `${path}/`, blobs })}\t${name}\0`;
    } else lines += `${modeOf(entry)} blob ${blobs.get(path)}\t${name}\0`;
  }
  return run(["mktree", "-z"], Buffer.from(lines, "latin1")).toString().trim();
}

function modeOf(entry: Entry): string {
  if (typeof entry === "string" || entry instanceof Uint8Array) return "100644";
  return "link" in entry ? "120000" : "100755";
}
