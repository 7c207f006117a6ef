import type { Mirror } from "./fetch-context.ts";

/** Where to look for `urls`, in order: for each its mirrors as configured, then the URL itself; none twice. */
export function withMirrors(urls: readonly string[], mirrors: readonly Mirror[] = []): string[] {
  return [...new Set(urls.flatMap((url) => [...mirrors.flatMap((mirror) => mirrored(url, mirror)), url]))];
}

/** A prefix ends where a path segment ends: `https://a.org/x` covers `https://a.org/x/y`, not `https://a.org/xy`. */
function mirrored(url: string, { from, to }: Mirror): string[] {
  const prefix = from.replace(/\/+$/, "");
  const rest = url.slice(prefix.length);
  if (!url.startsWith(prefix) || !/^[/?#]|^$/.test(rest)) return [];
  return [`${to.replace(/\/+$/, "")}${rest}`];
}
