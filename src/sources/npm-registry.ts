import { gunzipSync } from "node:zlib";
import registryFetch from "npm-registry-fetch";
import { StoreError } from "../errors.ts";
import { isJsonObject } from "../model/json-object.ts";
import { isWebUrl } from "../model/web-url.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { HttpAccess, HttpResponse } from "./http-client.ts";
import { exchange, statusError } from "./http-exchange.ts";
import { defaultRegistryHost, type NpmOptions } from "./npm-options.ts";
import type { NpmSpec } from "./npm-spec.ts";
import { printableUrl } from "./printable-url.ts";
import { proxyFor } from "./proxy.ts";
import { withRetries } from "./retry.ts";
import type { SourceRecord } from "./source-record.ts";

/** A registry, and npm's configuration that tells how to use it. */
export interface NpmRegistry {
  readonly url: string;
  readonly options: NpmOptions;
}

/**
 * The registry that npm's configuration names for this package's scope.
 * @throws StoreError INVALID_INPUT for one that is no URL
 */
export function registryOf(name: string, options: NpmOptions): NpmRegistry {
  const url = registryFetch.pickRegistry(name, options);
  if (isWebUrl(url)) return { url, options };
  throw new StoreError("INVALID_INPUT", `npm's configuration names '${printableUrl(url)}' as the registry of ${name}`, {
    hint: "Write an http(s) URL there: `npm config get registry` and `npm config list` tell where it comes from.",
  });
}

/**
 * What the registry says about a package: the short form, or, where `before` needs the times of the versions or the
 * registry has no short form, the long one.
 *
 * @throws StoreError NOT_FOUND, NETWORK, LIMIT; the signal's reason
 */
export async function fetchPackument(
  context: FetchContext,
  spec: NpmSpec,
  registry: NpmRegistry,
): Promise<SourceRecord> {
  const url = new URL(`${registry.url.replace(/\/+$/, "")}/${spec.escapedName}`);
  const access = npmAccess(context, registry);
  const read = (accept: string) =>
    withRetries(context, { subject: printableUrl(url) }, () =>
      exchange(context, url, {
        access,
        headers: { accept, "accept-encoding": "gzip" },
        receive: (response, touch) => readJson(response, { touch, url }),
      }),
    );
  try {
    return await read(registry.options.before ? LONG_FORM : SHORT_FORM);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "NOT_FOUND" || registry.options.before) throw error;
    return read(LONG_FORM);
  }
}

/** How to reach the registry and the hosts of its tarballs: as npm's configuration says. */
export function npmAccess({ env }: FetchContext, registry: NpmRegistry): HttpAccess {
  const { options } = registry;
  const home = new URL(registry.url);
  return {
    proxyFor: (url) => npmProxyFor(url, options, env),
    identify: (url) => {
      // The credentials of a registry are for its host, and never for a less safe connection than its own.
      if (url.host !== home.host || (home.protocol === "https:" && url.protocol !== "https:")) return {};
      const { token, auth, cert, key } = registryFetch.getAuth(url.href, { ...options, registry: registry.url });
      const authorization = token ? `Bearer ${token}` : auth ? `Basic ${auth}` : undefined;
      return { authorization, cert: cert ?? text(options.cert), key: key ?? text(options.key) };
    },
    ca: (options.ca ?? undefined) as HttpAccess["ca"],
    strictSsl: options.strictSSL !== false,
    userAgent: text(options.userAgent) ?? "store",
  };
}

/**
 * The tarball's URL, without user name and password, which npm does not use either. A registry at https has its tarballs
 * at https as well: what it names at its own host is fetched in this way, as behind a proxy that ends TLS a registry
 * writes http. `undefined` for a less safe URL elsewhere, and for one that is none of the web: a registry must not make
 * anyone read files of this machine.
 */
export function tarballUrl(tarball: string, registry: NpmRegistry): string | undefined {
  const url = moved(new URL(tarball), registry);
  const home = new URL(registry.url);
  if (url.protocol === "http:" && url.host === home.host) url.protocol = home.protocol;
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && home.protocol === "http:");
  return isSafe ? printableUrl(url) : undefined;
}

/**
 * Moved to the configured registry where npm's `replace-registry-host` asks for that: `npmjs` (moves what points to
 * npm's default registry), `never`, `always` or a host.
 */
function moved(url: URL, registry: NpmRegistry): URL {
  const setting = text(registry.options.replaceRegistryHost) ?? "npmjs";
  const host = setting === "npmjs" ? defaultRegistryHost() : setting;
  const stays = setting === "never" || (setting !== "always" && host !== url.host) || !isWebUrl(url.href);
  return stays ? url : new URL(`${url.pathname}${url.search}`, registry.url);
}

const SHORT_FORM = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";
const LONG_FORM = "application/json";

/** Most bytes of a registry's answer; the largest packages have some tens of megabytes. */
const MOST_BYTES = 1 << 28;

async function readJson(
  response: HttpResponse,
  { touch, url }: { readonly touch: () => void; readonly url: URL },
): Promise<SourceRecord> {
  if (response.status !== 200) throw packageError(response, url);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    touch();
    size += chunk.length;
    if (size > MOST_BYTES) throw new StoreError("LIMIT", `${printableUrl(url)} answers with too much`);
    chunks.push(chunk);
  }
  try {
    const bytes = Buffer.concat(chunks);
    const packed = response.headers.get("content-encoding") === "gzip";
    const value: unknown = JSON.parse((packed ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes).toString());
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw notARegistry(url, error);
  }
  throw notARegistry(url);
}

function packageError(response: HttpResponse, url: URL): StoreError {
  const error = statusError(response, url);
  if (![401, 403, 404].includes(response.status)) return error;
  return new StoreError(error.code, error.message, {
    hint: "Check the name, and what npm's configuration (.npmrc) says about this registry and its credentials.",
    details: error.details,
  });
}

/** What is wrong with what a registry says about a package. */
export function registryFault({ name }: NpmSpec, { url }: NpmRegistry, what: string, cause?: unknown): StoreError {
  return new StoreError("NETWORK", `${printableUrl(url)} ${what}`, {
    hint: "Check the registry that npm's configuration names, or ask who runs it.",
    details: { name, registry: printableUrl(url) },
    cause,
  });
}

function notARegistry(url: URL, cause?: unknown): StoreError {
  return new StoreError("NETWORK", `${printableUrl(url)} does not answer as an npm registry does`, {
    hint: "Check the registry that npm's configuration names.",
    details: { url: printableUrl(url) },
    cause,
  });
}

/** npm's own `https-proxy`, `proxy` and `noproxy` count before those of the environment. */
function npmProxyFor(url: URL, options: NpmOptions, env: FetchContext["env"]): string | undefined {
  if (options.proxy === false) return undefined;
  const proxy = text(options.httpsProxy) ?? text(options.proxy);
  const exempt = text(options.noProxy);
  return proxyFor(url, {
    ...env,
    ...(proxy && { http_proxy: proxy, https_proxy: proxy }),
    ...(exempt && { no_proxy: exempt }),
  });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
