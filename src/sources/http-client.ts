import fetch from "make-fetch-happen";
import { StoreError } from "../errors.ts";
import { printableUrl } from "./printable-url.ts";

/** How to reach hosts, and who to be there. */
export interface HttpAccess {
  /** The proxy to use, or `undefined` for a direct connection. */
  readonly proxyFor: (url: URL) => string | undefined;
  readonly identify: (url: URL) => Identity;
  /** Certificates in PEM form to trust instead of Node's own. */
  readonly ca?: string | readonly string[] | undefined;
  /** False accepts any certificate. */
  readonly strictSsl: boolean;
  readonly userAgent: string;
}

interface Identity {
  /** Value of the `authorization` header. */
  readonly authorization?: string | undefined;
  /** Client certificate and key in PEM form. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface HttpRequest {
  readonly access: HttpAccess;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface HttpResponse extends Disposable {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  /** The bytes as they were sent: no content encoding is undone. */
  readonly body: AsyncIterable<Buffer>;
  /** The last of the redirects, without credentials. */
  readonly url: string;
}

const MOST_REDIRECTS = 10;
const CHECK_URL = "Check the URL; a browser shows where it leads.";

/**
 * Gets a URL and follows redirects, but never from https to http. Each host is asked with its own identity only.
 * Disposing of the response ends the connection if the body was not read to its end.
 *
 * @throws StoreError NETWORK for bad redirects; errors of make-fetch-happen for what goes wrong below HTTP
 */
export async function getUrl(start: URL, request: HttpRequest): Promise<HttpResponse> {
  let url = start;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await getOnce(url, request);
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    response[Symbol.dispose]();
    url = redirectTarget(url, response.headers.get("location"));
  }
  throw new StoreError("NETWORK", `${printableUrl(start)} redirects more than ${MOST_REDIRECTS} times`, {
    hint: CHECK_URL,
  });
}

async function getOnce(url: URL, { access, headers, signal }: HttpRequest): Promise<HttpResponse> {
  const end = new AbortController();
  const { authorization, cert, key } = access.identify(url);
  const proxy = access.proxyFor(url);
  const response = await fetch(withoutCredentials(url), {
    headers: {
      "accept-encoding": "identity",
      "user-agent": access.userAgent,
      ...headers,
      ...(authorization && { authorization }),
    },
    redirect: "manual",
    compress: false,
    cache: "no-store",
    retry: false,
    signal: AbortSignal.any([signal, end.signal]),
    proxy,
    // Without a proxy the library would look into the process's environment; an exemption keeps it from that.
    noProxy: proxy === undefined ? url.hostname : "invalid.invalid",
    ca: access.ca,
    cert,
    key,
    strictSSL: access.strictSsl,
  });
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    body: response.body,
    url: printableUrl(url),
    [Symbol.dispose]: () => end.abort(),
  };
}

function redirectTarget(from: URL, location: string | null): URL {
  const subject = printableUrl(from);
  if (!location || !URL.canParse(location, from.href)) {
    throw new StoreError("NETWORK", `${subject} redirects, but not to a URL`, { hint: CHECK_URL });
  }
  const target = new URL(location, from);
  const safe = target.protocol === "https:" || (target.protocol === "http:" && from.protocol === "http:");
  if (safe) return target;
  throw new StoreError("NETWORK", `${subject} redirects to ${printableUrl(target)}, which is not as safe`, {
    hint: "Use the other URL itself if you trust the network.",
  });
}

function withoutCredentials(url: URL): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  return copy.href;
}
