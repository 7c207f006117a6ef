import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import { temporaryName, writeAll } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";
import type { FetchContext } from "./fetch-context.ts";
import { noSpace } from "./kept-files.ts";
import { partialDirectory, partialPath } from "./source-paths.ts";
import { readRecord } from "./source-record.ts";

/**
 * A download that may be continued; one that `lasts` also by another process after this one ended. Whoever opens it holds
 * the URL's lock.
 */
export interface PartialFile extends Disposable {
  readonly path: string;
  /** In bytes. */
  readonly size: () => number;
  /** What `If-Range` takes: the bytes so far belong to this version. */
  readonly validator: () => string | undefined;
  readonly append: (bytes: Uint8Array) => void;
  /** Forgets the bytes so far and begins a version. */
  readonly restart: (validator: string | undefined) => void;
  /** Leaves the file at `path` to the caller, who moves it away. */
  readonly detach: () => void;
  readonly remove: () => void;
}

/**
 * Opens what is left of an earlier download of this URL (without credentials), or begins one. What does not last has a
 * temporary name, so that what a killed process leaves of it is known to be of no use.
 */
export function openPartialFile(
  context: FetchContext,
  url: string,
  { lasts }: { readonly lasts: boolean },
): PartialFile {
  const { directory } = context;
  const path = lasts ? partialPath(directory, url) : temporaryName(partialDirectory(directory));
  const metaPath = `${path}.json`;
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  let size = fstatSync(fd).size;
  let validator = size > 0 ? savedValidator(metaPath, url) : undefined;
  return {
    path,
    size: () => size,
    validator: () => validator,
    append: (bytes) => {
      try {
        writeAll(fd, bytes);
      } catch (error) {
        throw noSpace(error) ?? new StoreError("FAILED", `cannot write to ${path}`, { cause: error });
      }
      size += bytes.length;
    },
    restart: (next) => {
      // Truncated first: a process that dies in between leaves no bytes that the new validator would vouch for.
      ftruncateSync(fd, 0);
      size = 0;
      validator = next;
      if (!lasts) return;
      // A torn record counts as none, so this needs no temporary file that a killed process would leave.
      writeFileSync(metaPath, `${JSON.stringify({ format: 1, url, validator: next ?? null })}\n`);
    },
    detach: () => removeFile(metaPath),
    remove: () => {
      removeFile(path);
      removeFile(metaPath);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function savedValidator(path: string, url: string): string | undefined {
  const meta = readRecord(path);
  return meta?.url === url && typeof meta.validator === "string" ? meta.validator : undefined;
}
