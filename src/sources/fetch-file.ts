import { StoreError } from "../errors.ts";
import { copyLocalFile } from "./copy-local-file.ts";
import { environmentAccess } from "./environment-access.ts";
import type { FetchContext, Fetched } from "./fetch-context.ts";
import { fetchFailure } from "./fetch-failure.ts";
import { fetchUrl } from "./fetch-url.ts";
import { parseFetchable } from "./fetchable-url.ts";
import type { HttpAccess } from "./http-client.ts";
import type { Integrity } from "./integrity.ts";
import type { IntegrityGiver } from "./integrity-error.ts";
import { findKeptFile, type KeptFile } from "./kept-files.ts";
import { withMirrors } from "./mirrors.ts";
import { isUnreachable } from "./network-error.ts";
import { printableUrl } from "./printable-url.ts";
import { recordedUrls } from "./recorded-urls.ts";
import { recordedContents, sayIfChanged } from "./url-record.ts";

export interface FileRequest {
  /** `file:`, `http:` or `https:`, tried in this order, each after its mirrors. At least one. */
  readonly urls: readonly string[];
  /** What the content must be. Without it only `file:` is accepted, unless `allowUnverified`. */
  readonly integrity?: Integrity | undefined;
  /** Who gave the integrity, or can. */
  readonly giver?: IntegrityGiver | undefined;
  /** Accept whatever the network gives. */
  readonly allowUnverified?: boolean | undefined;
  /** What the file is called; by default the last part of the first URL. */
  readonly fileName?: string | undefined;
  /** Most bytes to accept. */
  readonly maxBytes?: number | undefined;
  /** How to reach the hosts; by default as the environment says. */
  readonly access?: ((url: URL) => Promise<HttpAccess>) | undefined;
}

/**
 * Fetches one file into the store, or finds it there. A URL that fails, also by wrong content, gives way to the next.
 *
 * @throws StoreError INTEGRITY (wrong or missing; the message holds the actual value), NOT_FOUND, NETWORK, OFFLINE,
 *   LIMIT, NO_SPACE, INVALID_INPUT; the signal's reason
 */
export async function fetchFile(context: FetchContext, request: FileRequest): Promise<Fetched> {
  const { mirrors, unreachable = new Map<string, StoreError>() } = context;
  const places = withMirrors(request.urls, { mirrors, integrity: request.integrity });
  const urls = places.filter(({ url, isMirror }) => !context.offline || !isMirror || /^file:/i.test(url));
  const kept = request.integrity && (await findKeptFile(context, request.integrity));
  if (kept) return reuse(context, request, { kept, places: places.map(({ url }) => printableUrl(url)) });
  const failures: StoreError[] = [];
  for (const [index, { url, isMirror }] of urls.entries()) {
    const known = isMirror && unreachable.get(hostOf(url));
    if (known) {
      if (!failures.includes(known)) failures.push(known);
      continue;
    }
    try {
      const file = await fetchFrom({ ...context, waitsForHost: !isMirror }, request, parseFetchable(url));
      return told(context, { ...file, fileName: fileNameOf(request), origin: printableUrl(url) });
    } catch (error) {
      const isInterruption = context.signal?.aborted === true && error === context.signal.reason;
      if (isInterruption || !(error instanceof StoreError) || isFinal(error, request)) throw error;
      failures.push(error);
      if (context.signal?.aborted) break;
      if (isMirror && isUnreachable(error)) unreachable.set(hostOf(url), error);
      if (index < urls.length - 1) {
        const missing = isMirror && error.code === "NOT_FOUND";
        context.onEvent?.({ kind: "skipped", url: printableUrl(url), reason: error.message, missing });
      }
    }
  }
  throw fetchFailure(fileNameOf(request), failures);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

/** Whether another URL would not help. */
function isFinal({ code }: StoreError, request: FileRequest): boolean {
  return code === "NO_SPACE" || code === "FAILED" || (code === "INTEGRITY" && request.integrity === undefined);
}

type Source = KeptFile & { readonly reused: boolean };

async function fetchFrom(context: FetchContext, request: FileRequest, url: URL): Promise<Source> {
  if (url.protocol === "file:") return { ...(await copyLocalFile(context, url, request)), reused: false };
  if (context.offline) return findOffline(context, request, url);
  const access = (await request.access?.(url)) ?? environmentAccess(context, url);
  return fetchUrl(context, url, { ...request, access });
}

/** Offline a URL without integrity stands for what it gave the last time. */
async function findOffline(context: FetchContext, request: FileRequest, url: URL): Promise<Source> {
  const [latest] = request.integrity ? [] : recordedContents(context, printableUrl(url));
  const kept = latest && request.allowUnverified ? await findKeptFile(context, latest.integrity) : undefined;
  if (kept) return { ...kept, reused: true };
  const wanted = request.integrity === undefined ? "" : ` (${request.integrity})`;
  throw new StoreError("OFFLINE", `${printableUrl(url)}${wanted} is not in the store and cannot be fetched offline`, {
    hint: "Fetch it without --offline first.",
    details: { url: printableUrl(url), ...(request.integrity && { integrity: request.integrity }) },
  });
}

interface Reuse {
  readonly kept: KeptFile;
  /** The URLs and their mirrors. */
  readonly places: readonly string[];
}

function reuse(context: FetchContext, request: FileRequest, { kept, places }: Reuse): Fetched {
  const urls = request.urls.map((text) => printableUrl(text));
  sayIfChanged(context, urls, kept.integrity);
  const origin = latestServer(context, places, kept.integrity) ?? otherServer(context, urls, kept.integrity);
  return told(context, { ...kept, fileName: fileNameOf(request), origin, reused: true });
}

/**
 * Where the content came from that none of the URLs gave. Of `file:` no record is kept, so none is looked for: one of all
 * downloads would be read.
 */
function otherServer(context: FetchContext, [first = "", ...more]: readonly string[], integrity: Integrity): string {
  const isLocal = [first, ...more].every((url) => /^file:/i.test(url));
  return (isLocal ? undefined : latestServer(context, recordedUrls(context, integrity), integrity)) ?? first;
}

/** Which of the URLs gave this content, the last time that one did. */
function latestServer(context: FetchContext, urls: readonly string[], integrity: Integrity): string | undefined {
  const served = urls.flatMap((url) => {
    const content = recordedContents(context, url).find((each) => each.integrity === integrity);
    return content ? [{ url, last: content.last }] : [];
  });
  return served.sort((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0))[0]?.url;
}

function told(context: FetchContext, fetched: Fetched): Fetched {
  const { origin, integrity, size, reused } = fetched;
  context.onEvent?.({ kind: "fetched", url: origin, integrity, size, reused });
  return fetched;
}

function fileNameOf(request: FileRequest): string {
  if (request.fileName !== undefined) return request.fileName;
  const [url = ""] = request.urls;
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const last = path.split("/").findLast((part) => part !== "") ?? "source";
  try {
    return decodeURIComponent(last).replace(/[/\0]/g, "_");
  } catch {
    return last;
  }
}
