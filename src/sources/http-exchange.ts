import { StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { HttpAccess, HttpResponse } from "./http-client.ts";
import { networkError, passingFault } from "./network-error.ts";
import { printableUrl } from "./printable-url.ts";
import { startStallTimer } from "./stall-timer.ts";

export interface ExchangeOptions<T> {
  readonly access: HttpAccess;
  readonly headers: Readonly<Record<string, string>>;
  /** Takes the response; calls `touch` whenever something came. */
  readonly receive: (response: HttpResponse, touch: () => void) => Promise<T>;
}

/**
 * One request and its answer, ended when nothing comes for too long. Whatever goes wrong is an error that names the URL
 * and tells whether it may pass.
 *
 * @throws StoreError NETWORK, what `receive` throws, the signal's reason
 */
export async function exchange<T>(context: FetchContext, url: URL, options: ExchangeOptions<T>): Promise<T> {
  const { getUrl } = await import("./http-client.ts");
  using stall = startStallTimer(context);
  let counted: Counted | undefined;
  try {
    using response = await getUrl(url, { access: options.access, headers: options.headers, signal: stall.signal });
    stall.touch();
    counted = countBody(response);
    return await options.receive(counted.response, stall.touch);
  } catch (error) {
    context.signal?.throwIfAborted();
    const subject = printableUrl(url);
    const stalled = stall.stalled();
    throw stalled === undefined ? networkError(subject, error, counted?.progress()) : passingFault(subject, stalled);
  }
}

interface Counted {
  readonly response: HttpResponse;
  /** How much of the whole is here: `100 of 5000 bytes`, as far as the server says. */
  readonly progress: () => string;
}

/** The HTTP library does not tell how far a connection came that breaks. */
function countBody(response: HttpResponse): Counted {
  const { headers, body } = response;
  const start = Number(/^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1] ?? 0);
  const length = Number(headers.get("content-length") ?? Number.NaN);
  let received = start;
  async function* counting() {
    for await (const chunk of body) {
      received += chunk.length;
      yield chunk;
    }
  }
  return {
    response: { ...response, body: counting() },
    progress: () => (Number.isNaN(length) ? `${received} bytes` : `${received} of ${start + length} bytes`),
  };
}

/** What a status that is no success means: NOT_FOUND, a passing fault, or NETWORK. */
export function statusError(response: HttpResponse, url: URL): StoreError {
  const { status } = response;
  const reason = `${status} ${response.statusText}`.trim();
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return passingFault(printableUrl(url), reason, { waitMs: retryAfterMs(response) });
  }
  const code = status === 404 || status === 410 ? "NOT_FOUND" : "NETWORK";
  return new StoreError(code, `${printableUrl(url)}: ${reason}`, {
    details: { url: printableUrl(url), status },
    hint: [401, 403, 407].includes(status)
      ? "Check the credentials for this host or proxy."
      : "Check the URL: the server answers, but does not give this file.",
  });
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3); a date is meant by the clock of the server. */
function retryAfterMs({ headers }: HttpResponse): number | undefined {
  const text = headers.get("retry-after") ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const delay = dateMs(text) - dateMs(headers.get("date") ?? new Date().toUTCString());
  return Number.isNaN(delay) ? undefined : Math.max(0, delay);
}

/** Not a number for what is no date of HTTP: `Date.parse` takes much else for one. */
function dateMs(text: string): number {
  return /^[A-Z][a-z]+, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
