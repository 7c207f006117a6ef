import { StoreError } from "../errors.ts";
import { type ByteString, fromBytes, toEscaped } from "../model/byte-string.ts";
import type { FetchContext } from "./fetch-context.ts";
import { runGit } from "./run-git.ts";

/** An entry of a commit's tree. */
export interface GitEntry {
  readonly kind: "file" | "executable" | "symlink" | "directory" | "submodule";
  /** Object id: of a blob, a tree, or, for a submodule, a commit. */
  readonly id: string;
  readonly path: ByteString;
}

/**
 * All entries below a commit, each directory before what is in it. Their paths are safe to write: no empty, `.`, `..` or
 * `.git` part, nothing below a file or symlink, nothing twice.
 *
 * @throws StoreError INVALID_INPUT
 */
export async function listGitTree(context: FetchContext, repository: string, commit: string): Promise<GitEntry[]> {
  const listed = await runGit(context, ["ls-tree", "-r", "-t", "-z", "--full-tree", commit], { cwd: repository });
  if (listed.status !== 0) {
    throw new StoreError("INVALID_INPUT", `commit ${commit} cannot be read: ${listed.stderr}`);
  }
  const lines = fromBytes(listed.stdout).split("\0").slice(0, -1);
  const entries = lines.map(parseEntry);
  checkPaths(entries);
  return entries;
}

const KINDS: Readonly<Record<string, GitEntry["kind"]>> = {
  "100644": "file",
  // Written by git before 2005.
  "100664": "file",
  "100755": "executable",
  "120000": "symlink",
  "040000": "directory",
  "160000": "submodule",
};

function parseEntry(line: string): GitEntry {
  const [, mode = "", id = "", path = ""] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
  const kind = KINDS[mode];
  if (!kind) throw new StoreError("INVALID_INPUT", `git names an entry of unknown kind: ${JSON.stringify(line)}`);
  return { kind, id, path: path as ByteString };
}

function checkPaths(entries: readonly GitEntry[]): void {
  const directories = new Set<string>([""]);
  const seen = new Set<string>();
  for (const { kind, path } of entries) {
    const parts = path.split("/");
    const bad = parts.some((part) => part === "" || part === "." || part === ".." || part.toLowerCase() === ".git");
    if (bad || seen.has(path) || !directories.has(parts.slice(0, -1).join("/"))) throw unsafeEntry(path);
    seen.add(path);
    if (kind === "directory") directories.add(path);
  }
}

/** The error for an entry that no tree may have. */
export function unsafeEntry(path: ByteString): StoreError {
  return new StoreError("INVALID_INPUT", `the commit has an entry that cannot be written safely: ${toEscaped(path)}`);
}
