/** Environment variables, as `process.env` has them. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for this URL as `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` name it, in lower or upper case (the
 * lower one counts), or `undefined` for a direct connection. `HTTP_PROXY` is not read where a web server may have
 * put a request header there (`REQUEST_METHOD` is set).
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  if (isExempt(url, variable(env, "no_proxy"))) return undefined;
  const scheme = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  const proxy = variable(env, scheme) ?? variable(env, "all_proxy");
  if (proxy === undefined) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/**
 * Whether `noProxy` (names separated by commas or spaces: `*`, a host, a domain with or without a leading dot, each
 * perhaps with `:port`) exempts this URL's host.
 */
function isExempt(url: URL, noProxy = ""): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const [, name = entry, onlyPort] = /^\[?(.*?)\]?:(\d+)$/.exec(entry.includes("::") ? "" : entry) ?? [];
    const domain = name.replace(/^\*?\./, "").toLowerCase();
    if (domain === "" || (onlyPort !== undefined && onlyPort !== port)) return false;
    return host === domain || host.endsWith(`.${domain}`);
  });
}

function variable(env: Environment, name: string): string | undefined {
  const upper = name === "http_proxy" && env.REQUEST_METHOD !== undefined ? undefined : env[name.toUpperCase()];
  return env[name] || upper || undefined;
}
