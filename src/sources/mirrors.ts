import type { Mirror } from "../model/mirror.ts";
import { type Integrity, toContentHash } from "./integrity.ts";

/** Where to look for something, and whether the recipe or a person named this very URL. */
export interface Place {
  readonly url: string;
  readonly isMirror: boolean;
}

/**
 * Where to look for `urls`, in order: the places that have files by their sum or name, when an integrity can tell
 * whether they are right; then for each URL its mirrors as configured and the URL itself. None twice. A mirror that is no
 * URL stands there as it is, so that it is told: what is put behind it could be taken for a host.
 */
export function withMirrors(
  urls: readonly string[],
  {
    mirrors = [],
    integrity,
  }: { readonly mirrors?: readonly Mirror[] | undefined; readonly integrity?: Integrity | undefined },
): Place[] {
  const inPlaces = integrity === undefined ? [] : mirrors.flatMap((mirror) => placesIn(mirror, urls, integrity));
  const found = urls.flatMap((url) => [...mirrors.flatMap((mirror) => mirrored(url, mirror)), url]);
  return [...new Set([...inPlaces, ...found])].map((url) => ({ url, isMirror: !urls.includes(url) }));
}

/** The directory of a store's sources is such a place, and so is one of release files. */
function placesIn(mirror: Mirror, urls: readonly string[], integrity: Integrity): string[] {
  if (mirror.kind !== "place") return [];
  if (!URL.canParse(mirror.url)) return [mirror.url];
  const top = withoutSlash(mirror.url);
  const { algorithm, hex } = toContentHash(integrity);
  const names = urls.flatMap((url) => fileNameOf(url) ?? []);
  return [`${top}/${algorithm}/${hex.slice(0, 2)}/${hex}`, ...names.map((name) => `${top}/${name}`)];
}

/** A prefix ends where a path segment ends: `https://a.org/x` covers `https://a.org/x/y`, not `https://a.org/xy`. */
function mirrored(url: string, mirror: Mirror): string[] {
  if (mirror.kind !== "prefix") return [];
  const prefix = withoutSlash(mirror.from);
  const rest = url.slice(prefix.length);
  if (!url.startsWith(prefix) || !/^[/?#]|^$/.test(rest)) return [];
  return [URL.canParse(mirror.to) ? `${withoutSlash(mirror.to)}${rest}` : mirror.to];
}

/** As it is written in the URL. */
function fileNameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname.split("/").findLast((part) => part !== "") : undefined;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
