import { readFileSync } from "node:fs";
import { StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { HttpAccess } from "./http-client.ts";
import { proxyFor } from "./proxy.ts";

/**
 * Access to `url` as the environment describes it: proxies, the certificates of `SSL_CERT_FILE`, and the credentials that
 * stand in the URL, which only its own origin gets.
 */
export function environmentAccess({ env }: FetchContext, url: URL): HttpAccess {
  const authorization = basicAuthorization(url);
  return {
    proxyFor: (target) => proxyFor(target, env),
    identify: (target) => (target.origin === url.origin ? { authorization } : {}),
    ca: env.SSL_CERT_FILE ? readCertificates(env.SSL_CERT_FILE) : undefined,
    strictSsl: env.NODE_TLS_REJECT_UNAUTHORIZED !== "0",
    userAgent: "store",
  };
}

function basicAuthorization(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const credentials = `${decode(url.username)}:${decode(url.password)}`;
  return `Basic ${Buffer.from(credentials, "utf8").toString("base64")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new StoreError("INVALID_INPUT", `the certificates in ${path} cannot be read`, {
      hint: "SSL_CERT_FILE names this file: correct or unset it.",
      cause: error,
    });
  }
}
