import { basename } from "node:path";
import type { InstalledPackage } from "./generation.ts";
import { fromFileName } from "./package-file-name.ts";
import { shellQuote } from "./recipe/shell-quote.ts";

/**
 * What a person types after `store install` to get a package again under its name and version, quoted for a shell. Of one
 * that `isBuilt` the recipe says them.
 */
export function specAgain(
  { name, version, path, requested }: Pick<InstalledPackage, "name" | "version" | "path" | "requested">,
  isBuilt: boolean,
): string {
  // A URL is taken with its integrity only, which is not recorded with it: the object has that content.
  if (/^https?:/i.test(requested)) return path;
  const told = isBuilt ? {} : toldBy(requested);
  const words = [requested];
  if (told.name !== undefined && told.name !== name) words.push("--name", name);
  if (told.version !== undefined && told.version !== version) words.push("--version", version);
  return words.map(shellQuote).join(" ");
}

/** What a package is called by what it was asked for with. */
function toldBy(requested: string): { readonly name?: string; readonly version?: string } {
  const registered = /^npm:(@?[^@]+)/.exec(requested)?.[1];
  if (registered !== undefined) return { name: registered.replace("/", "+") };
  if (!requested.startsWith("/")) return {};
  const { name, version = "0" } = fromFileName(basename(requested));
  return { name, version };
}
