import { constants, copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isErrno, StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import { hashFile } from "./hash-file.ts";
import { type Integrity, toContentHash } from "./integrity.ts";
import { type IntegrityGiver, wrongContent } from "./integrity-error.ts";
import { type KeptFile, keepFile, noSpace } from "./kept-files.ts";
import { makeTemporaryDirectory } from "./temporary-sources.ts";

export interface LocalOptions {
  readonly integrity?: Integrity | undefined;
  readonly giver?: IntegrityGiver | undefined;
  readonly maxBytes?: number | undefined;
}

/**
 * Copies the file that a `file:` URL names into the store, sharing blocks where the filesystem can.
 *
 * @throws StoreError NOT_FOUND, INVALID_INPUT, LIMIT, INTEGRITY, NO_SPACE
 */
export async function copyLocalFile(context: FetchContext, url: URL, options: LocalOptions): Promise<KeptFile> {
  const source = toPath(url);
  checkFile(source, options.maxBytes);
  using directory = makeTemporaryDirectory(context, url.href);
  const copy = join(directory.path, "copy");
  try {
    copyFileSync(source, copy, constants.COPYFILE_FICLONE);
  } catch (error) {
    throw noSpace(error) ?? new StoreError("FAILED", `${source} cannot be copied`, { cause: error });
  }
  const wanted = options.integrity && toContentHash(options.integrity);
  const hashes = await hashFile(copy, wanted?.algorithm, context.signal);
  if (options.integrity && wanted && hashes.hex.get(wanted.algorithm) !== wanted.hex) {
    throw wrongContent(options.integrity, { url: url.href, hashes, recorded: [], giver: options.giver });
  }
  return keepFile(context, copy, hashes);
}

function toPath(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new StoreError("INVALID_INPUT", `${url.href} does not name a file of this machine`, {
      hint: "Write file:///absolute/path.",
      cause: error,
    });
  }
}

function checkFile(path: string, maxBytes = Number.POSITIVE_INFINITY): void {
  const stat = statOf(path);
  if (!stat.isFile())
    throw new StoreError("INVALID_INPUT", `${path} is not a regular file`, {
      hint: stat.isDirectory()
        ? "Pack it into an archive, and name that one."
        : "Copy what it gives into a file, and name that one.",
      details: { path },
    });
  if (stat.size <= maxBytes) return;
  throw new StoreError("LIMIT", `${path} is larger than ${maxBytes} bytes`, { details: { path, maxBytes } });
}

function statOf(path: string): ReturnType<typeof statSync> & {} {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) {
      throw new StoreError("NOT_FOUND", `${path} does not exist`, {
        hint: `Put the file at ${path}, or name the place where it is.`,
        details: { path },
        cause: error,
      });
    }
    throw new StoreError("INVALID_INPUT", `${path} cannot be read`, { details: { path }, cause: error });
  }
}
