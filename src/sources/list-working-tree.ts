import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import { type ByteString, fromBytes, fromText, toBytes, toEscaped, toFsPath } from "../model/byte-string.ts";
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
  using place = workingDirectory(directory);
  const cwd = place.path;
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
  const ignored = await runGit(context, ["check-ignore", "--quiet", "."], { cwd });
  return ignored.status === 0 ? undefined : [];
}

/** What Node takes as a working directory: text. A name that is not UTF-8 is reached through the open directory. */
function workingDirectory(directory: ByteString): Disposable & { readonly path: string } {
  const path = toBytes(directory).toString("utf8");
  if (fromText(path) === directory) return { path, [Symbol.dispose]: () => undefined };
  const fd = openSync(toFsPath(directory), "r");
  return { path: `/proc/${process.pid}/fd/${fd}`, [Symbol.dispose]: () => closeSync(fd) };
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
  if (existsSync(toFsPath(`${directory}/.git` as ByteString))) return true;
  const above = dirname(directory) as ByteString;
  return above !== directory && isInCheckout(above);
}
