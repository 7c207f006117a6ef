import { isErrno, StoreError } from "../errors.ts";
import { type DownloadOptions, download } from "./download.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { FileHashes } from "./hash-file.ts";
import { toContentHash, toIntegrity } from "./integrity.ts";
import { type IntegrityGiver, missingIntegrity, type Served, wrongContent } from "./integrity-error.ts";
import { findKeptFile, type KeptFile, keepFile } from "./kept-files.ts";
import { openPartialFile, type PartialFile } from "./partial-file.ts";
import { printableUrl } from "./printable-url.ts";
import { lockSource } from "./source-lock.ts";
import { recordContent, recordedContents } from "./url-record.ts";

export interface UrlOptions extends DownloadOptions {
  readonly allowUnverified?: boolean | undefined;
  readonly giver?: IntegrityGiver | undefined;
}

/**
 * Downloads an `http:` or `https:` URL into the store: partial file, check, flush, rename, link, record. One process at a
 * time works on a URL; the next finds what the first one fetched.
 *
 * @throws StoreError as `fetchFile`
 */
export async function fetchUrl(
  context: FetchContext,
  url: URL,
  options: UrlOptions,
): Promise<KeptFile & { readonly reused: boolean }> {
  using _lock = await lockSource(context, printableUrl(url));
  const kept = options.integrity && (await findKeptFile(context, options.integrity));
  if (kept) return { ...kept, reused: true };
  const lasts = options.integrity !== undefined;
  using partial = openPartialFile(context, printableUrl(url), { lasts });
  try {
    const hashes = await download(context, url, { ...options, partial });
    const file = accept(context, { url: printableUrl(url), hashes, partial }, options);
    return { ...file, reused: false };
  } catch (error) {
    if (!lasts || partial.size() === 0 || isUseless(error)) partial.remove();
    throw error;
  }
}

/** Whether a part of a download is not worth keeping. On a full disk it would keep everything else from working. */
function isUseless(error: unknown): boolean {
  if (isErrno(error, "ENOSPC", "EDQUOT")) return true;
  return error instanceof StoreError && ["INTEGRITY", "LIMIT", "NO_SPACE"].includes(error.code);
}

interface Complete {
  readonly url: string;
  readonly hashes: FileHashes;
  readonly partial: PartialFile;
}

/** Keeps the file when it is what it must be. Content without an integrity is kept too: under its own name it is right. */
function accept(context: FetchContext, { url, hashes, partial }: Complete, options: UrlOptions): KeptFile {
  const served: Served = { url, hashes, recorded: recordedContents(context, url), giver: options.giver };
  const integrity = toIntegrity({ algorithm: "sha256", hex: hashes.hex.get("sha256") as string });
  recordContent(context, url, { integrity, size: hashes.size });
  const expected = options.integrity && toContentHash(options.integrity);
  if (options.integrity && expected && hashes.hex.get(expected.algorithm) !== expected.hex) {
    throw wrongContent(options.integrity, served);
  }
  partial.detach();
  const file = keepFile(context, partial.path, hashes);
  if (!expected && !options.allowUnverified) throw missingIntegrity(served);
  return file;
}
