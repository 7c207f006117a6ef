import type { BaseName, PackageName, PackageVersion } from "./ids.ts";

/**
 * Name and version as they probably are: they cannot be told apart in a base name, and versions mostly begin with a digit
 * behind a dash.
 */
export function guessParts(path: BaseName): { readonly name: PackageName; readonly version: PackageVersion } {
  const rest = withoutDigest(path);
  const match = /^(.+?)-(\d.*)$/.exec(rest) ?? /^(.+)-([^-]*)$/.exec(rest);
  return { name: (match?.[1] ?? rest) as PackageName, version: (match?.[2] ?? "") as PackageVersion };
}

/** Name and version of an object, as they stand in its base name. */
export function withoutDigest(path: BaseName): string {
  return path.slice(33);
}
