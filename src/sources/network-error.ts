import { isErrno, StoreError } from "../errors.ts";

/** A fault that may pass: the same request can succeed a little later. `details.transient` is true. */
export function passingFault(
  url: string,
  reason: string,
  options: { readonly waitMs?: number | undefined; readonly cause?: unknown } = {},
): StoreError {
  return new StoreError("NETWORK", `${url}: ${reason}`, {
    hint: "Check the network and the proxy settings, or try again later.",
    details: { url, transient: true, ...(options.waitMs !== undefined && { waitMs: options.waitMs }) },
    cause: options.cause,
  });
}

export function isPassing(error: unknown): error is StoreError {
  return error instanceof StoreError && error.details.transient === true;
}

/**
 * The StoreError for whatever a request for `url` (without credentials) ended with; `progress` tells how far an answer
 * that began had come.
 */
export function networkError(url: string, error: unknown, progress?: string): StoreError {
  if (error instanceof StoreError) return error;
  const isBroken = progress !== undefined && isErrno(error, "ECONNRESET", "EPIPE");
  const reason = isBroken ? `the connection ended after ${progress}` : reasonOf(error);
  if (isErrno(error, ...PASSING_CODES)) return passingFault(url, reason, { cause: error });
  return new StoreError("NETWORK", `${url}: ${reason}`, {
    hint: isErrno(error, ...UNTRUSTED_CODES) ? TRUST_HINT : "Check the address, the network and the proxy settings.",
    details: { url },
    cause: error,
  });
}

const TRUST_HINT =
  "Nobody vouches for its certificate. If it is the right server, name a file (PEM) with the certificate of its authority: in NODE_EXTRA_CA_CERTS, or SSL_CERT_FILE, which counts alone; for npm packages in npm's `cafile`.";

/** What Node calls a certificate whose authority is none that is trusted. */
const UNTRUSTED_CODES = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** Whether it ended before there was a connection: nothing else at this host will do better. */
export function isUnreachable(error: StoreError): boolean {
  return isErrno(error.cause, ...UNREACHABLE_CODES);
}

const UNREACHABLE_CODES = [
  "ECONNREFUSED",
  "ECONNECTIONTIMEOUT",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
];

/** System errors and npm's own timeouts, after which trying again is worth it; an unknown host is not among them. */
const PASSING_CODES = [
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "ECONNECTIONTIMEOUT",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EIDLETIMEOUT",
  "ENETUNREACH",
  "EPIPE",
  "ERESPONSETIMEOUT",
  "ETIMEDOUT",
  "ETRANSFERTIMEOUT",
];

/** What went wrong, without the URL that the HTTP library puts before it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return /, reason: (.+)$/s.exec(error.message)?.[1] ?? error.message;
}
