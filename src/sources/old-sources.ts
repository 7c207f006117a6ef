import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { treesDirectory } from "./source-paths.ts";

/**
 * Fetched files and trees that nothing has used since `before` (milliseconds since 1970), and the links that lead to such
 * files. Using one sets its time, so none that a running command was given is among them.
 */
export function listOldSources(directory: string, before: number): string[] {
  const isOld = (path: string) => (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? before) < before;
  const files = entriesOf(join(directory, "sha256")).filter(isOld);
  const gone = new Set(files);
  const links = ["sha1", "sha384", "sha512"].flatMap((algorithm) =>
    entriesOf(join(directory, algorithm)).filter(
      (path) => !existsSync(path) || gone.has(resolve(dirname(path), readlinkSync(path))),
    ),
  );
  return [...files, ...links, ...entriesOf(treesDirectory(directory)).filter(isOld)];
}

/** What lies in the subdirectories, each named by the first digits. */
function entriesOf(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .map((part) => join(directory, part))
    .flatMap((part) => readdirSync(part).map((name) => join(part, name)));
}
