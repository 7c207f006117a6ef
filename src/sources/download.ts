import { StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type FileHashes, hashFile } from "./hash-file.ts";
import type { HttpAccess, HttpResponse } from "./http-client.ts";
import { exchange, statusError } from "./http-exchange.ts";
import { type ContentHash, type Integrity, toContentHash } from "./integrity.ts";
import { passingFault } from "./network-error.ts";
import type { PartialFile } from "./partial-file.ts";
import { printableUrl } from "./printable-url.ts";
import { withRetries } from "./retry.ts";

export interface DownloadOptions {
  readonly access: HttpAccess;
  readonly integrity?: Integrity | undefined;
  /** Most bytes to accept. */
  readonly maxBytes?: number | undefined;
}

interface Filling extends DownloadOptions {
  readonly partial: PartialFile;
}

interface Filled {
  readonly hashes: FileHashes;
  /** Its parts came in several answers. */
  readonly isPieced: boolean;
}

/**
 * Fills the partial file from an `http:` or `https:` URL, continuing where an earlier try or process stopped, and hashes
 * it. What another process left is continued only when an integrity can tell whether the result is right, and what is
 * wrong is fetched once more from the beginning: its parts can be of two versions. Where no integrity tells that, a
 * broken answer is continued only when the server says that the next one is of the same version.
 *
 * @throws StoreError NOT_FOUND, NETWORK, LIMIT, NO_SPACE; the signal's reason. A wrong hash is no error here.
 */
export async function download(context: FetchContext, url: URL, filling: Filling): Promise<FileHashes> {
  const { partial } = filling;
  const wanted = filling.integrity && toContentHash(filling.integrity);
  const left = partial.size() > 0 ? await hashFile(partial.path, wanted?.algorithm, context.signal) : undefined;
  if (left && matches(left, wanted)) return left;
  const { hashes, isPieced } = await fill(context, url, { ...filling, isCautious: !wanted });
  if (!wanted || matches(hashes, wanted) || !isPieced) return hashes;
  partial.restart(undefined);
  return (await fill(context, url, { ...filling, isCautious: true })).hashes;
}

/** Bytes of progress after which a broken connection is new bad luck, not one more failure. */
const ADVANCE = 1 << 20;
/** Bytes between two progress events. */
const PROGRESS_STEP = 1 << 18;

interface CautiousFilling extends Filling {
  /** Continue only a version that the server names, and names again. */
  readonly isCautious: boolean;
}

async function fill(context: FetchContext, url: URL, filling: CautiousFilling): Promise<Filled> {
  const { partial, access, integrity } = filling;
  let before = 0;
  let isPieced = false;
  const advanced = () => partial.size() - before >= ADVANCE;
  await withRetries(context, { subject: printableUrl(url), advanced }, async () => {
    before = partial.size();
    await exchange(context, url, {
      access,
      headers: rangeHeaders(filling),
      receive: async (response, touch) => {
        prepare(filling, response, url);
        isPieced = partial.size() > 0;
        await receive(context, { response, touch, url, filling });
      },
    });
  });
  const hashes = await hashFile(partial.path, integrity && toContentHash(integrity).algorithm, context.signal);
  return { hashes, isPieced };
}

function rangeHeaders({ partial, isCautious }: CautiousFilling): Record<string, string> {
  const validator = partial.validator();
  if (partial.size() === 0 || (isCautious && validator === undefined)) return {};
  return { range: `bytes=${partial.size()}-`, ...(validator !== undefined && { "if-range": validator }) };
}

/** Makes the partial file ready for this response's body, or throws what its status means. */
function prepare({ partial, isCautious }: CautiousFilling, response: HttpResponse, url: URL): void {
  switch (response.status) {
    case 200:
      partial.restart(validatorOf(response));
      return;
    case 206:
      if (contentRange(response)?.start !== partial.size()) {
        partial.restart(undefined);
        throw passingFault(printableUrl(url), "the server sent another part of the file than was asked for");
      }
      if (partial.size() === 0) partial.restart(validatorOf(response));
      else if (!isSameVersion(partial.validator(), response, isCautious)) {
        partial.restart(undefined);
        throw passingFault(printableUrl(url), "the file has changed on the server since a part of it came");
      }
      return;
    case 416:
      partial.restart(undefined);
      throw passingFault(printableUrl(url), "the part that is here already does not fit the server's file");
    default:
      throw statusError(response, url);
  }
}

interface Receiving {
  readonly response: HttpResponse;
  readonly touch: () => void;
  readonly url: URL;
  readonly filling: Filling;
}

async function receive(context: FetchContext, { response, touch, url, filling }: Receiving): Promise<void> {
  const { partial } = filling;
  const limit: SizeLimit = { maxBytes: filling.maxBytes ?? context.maxBytes, isOwn: filling.maxBytes !== undefined };
  const maxBytes = limit.maxBytes ?? Number.POSITIVE_INFINITY;
  const total = totalSize(response);
  const report = (kind: "started" | "progress") =>
    context.onEvent?.({ kind, url: printableUrl(url), received: partial.size(), total });
  report("started");
  if ((total ?? 0) > maxBytes) throw tooLarge(url, limit);
  let reported = partial.size();
  for await (const chunk of response.body) {
    touch();
    if (partial.size() + chunk.length > maxBytes) throw tooLarge(url, limit);
    // Written before the next chunk is read, so that the connection is no faster than the disk.
    partial.append(chunk);
    if (partial.size() - reported < PROGRESS_STEP) continue;
    reported = partial.size();
    report("progress");
  }
  if (total !== undefined && partial.size() < total) {
    throw passingFault(printableUrl(url), `the connection ended after ${partial.size()} of ${total} bytes`);
  }
  report("progress");
}

/** A strong `ETag`, or else the date: what `If-Range` accepts (RFC 9110, 13.1.5). */
function validatorOf(response: HttpResponse): string | undefined {
  const tag = response.headers.get("etag");
  return (tag?.startsWith('"') ? tag : response.headers.get("last-modified")) ?? undefined;
}

/** Not every server that has been given `If-Range` looks at it. */
function isSameVersion(validator: string | undefined, response: HttpResponse, isCautious: boolean): boolean {
  const named = response.headers.get(validator?.startsWith('"') ? "etag" : "last-modified");
  return named === null || validator === undefined ? !isCautious : named === validator;
}

function contentRange(response: HttpResponse): { start: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (!match) return undefined;
  return { start: Number(match[1]), total: match[2] === "*" ? undefined : Number(match[2]) };
}

function totalSize(response: HttpResponse): number | undefined {
  if (response.status === 206) return contentRange(response)?.total;
  const length = response.headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

function matches(hashes: FileHashes, wanted: ContentHash | undefined): boolean {
  return wanted !== undefined && hashes.hex.get(wanted.algorithm) === wanted.hex;
}

interface SizeLimit {
  readonly maxBytes: number | undefined;
  /** It is that of the request, which nobody can raise. */
  readonly isOwn: boolean;
}

function tooLarge(url: URL, { maxBytes, isOwn }: SizeLimit): StoreError {
  return new StoreError("LIMIT", `${printableUrl(url)} is larger than ${maxBytes} bytes`, {
    details: { url: printableUrl(url), maxBytes, ...(!isOwn && { limit: "maxBytes" }) },
  });
}
