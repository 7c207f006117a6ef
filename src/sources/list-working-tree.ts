import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { StoreError } from "../errors.ts";
import { type ByteString, fromBytes, toBytes, toEscaped, toFsPath } from "../model/byte-string.ts";
import type { FetchContext } from "./fetch-context.ts";
import { runGit } from "./run-git.ts";

/**
 * The paths in a directory that belong to it, in the order of their bytes: in a git checkout what git tracks or would
 * add, otherwise everything. A path of a directory stands for an empty one or for a checkout of its own.
 *
 * @throws StoreError UNSUPPORTED (a checkout, but no git), INVALID_INPUT (git refuses to read it); the signal's reason
 */
export async function listWorkingTree(context: FetchContext, directory: ByteString): Promise<ByteString[]> {
  const listed = isInCheckout(directory) ? await listByGit(context, directory) : undefined;
  const paths = listed ?? listAll(directory, "");
  return [...new Set(paths)].sort();
}

/** What git lists, or `undefined` when git does not count the directory as part of a checkout or ignores all of it. */
async function listByGit(context: FetchContext, directory: ByteString): Promise<ByteString[] | undefined> {
  const cwd = toBytes(directory).toString("utf8");
  const listed = await runGit(context, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd });
  if (listed.status !== 0) {
    if (/not a git repository/.test(listed.stderr)) return undefined;
    throw new StoreError("INVALID_INPUT", `git cannot list ${toEscaped(directory)}: ${listed.stderr}`, {
      hint: `See what \`git status\` says there.`,
    });
  }
  const paths = fromBytes(listed.stdout).split("\0").slice(0, -1);
  // So git names the place of a submodule that is no checkout of its own.
  if (paths.includes("./")) return undefined;
  if (paths.length > 0) return paths.map((path) => path.replace(/\/$/, "") as ByteString);
  const ignored = await runGit(context, ["check-ignore", "--quiet", cwd], { cwd });
  return ignored.status === 0 ? undefined : [];
}

function listAll(directory: ByteString, prefix: string): ByteString[] {
  const paths: ByteString[] = [];
  for (const entry of readdirSync(toFsPath(directory), { withFileTypes: true, encoding: "latin1" })) {
    const path = `${prefix}${entry.name}`;
    const inside = entry.isDirectory() ? listAll(`${directory}/${entry.name}` as ByteString, `${path}/`) : [];
    paths.push(...(inside.length > 0 ? inside : [path as ByteString]));
  }
  return paths;
}

function isInCheckout(directory: ByteString): boolean {
  const path = toBytes(directory).toString("utf8");
  if (existsSync(join(path, ".git"))) return true;
  return dirname(path) !== path && isInCheckout(dirname(path) as ByteString);
}
