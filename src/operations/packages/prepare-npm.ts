import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, posix } from "node:path";
import { isErrno } from "../../errors.ts";
import { isJsonObject } from "../../model/json-object.ts";
import { printable } from "../../model/printable.ts";
import { withoutCredentials } from "../../model/without-credentials.ts";
import { fetchNpm } from "../../sources/fetch-npm.ts";
import { resolveNpm } from "../../sources/resolve-npm.ts";
import type { Store } from "../../store/open-store.ts";
import { stagedTree } from "../../store/stage-object.ts";
import { createFetchContext } from "../building/fetch-context.ts";
import {
  extractInto,
  fetchSettingsOf,
  type PackageInput,
  type PreparedPackage,
  type PrepareOptions,
  stagePackage,
} from "./stage-package.ts";

/**
 * Stages a package of an npm registry as a prefix that can share a profile with others: the package at
 * `lib/node_modules/<name>`, its commands in `bin`, as a global `npm install` lays it out.
 */
export async function prepareNpm(store: Store, input: PackageInput, options: PrepareOptions): Promise<PreparedPackage> {
  const context = createFetchContext(store, fetchSettingsOf(input), options);
  options.onEvent?.({ kind: "step", step: "resolve", subject: withoutCredentials(input.from) });
  const found = await resolveNpm(context, input.from);
  options.onEvent?.({ kind: "step", step: "fetch", subject: `${found.name} ${found.version}` });
  const fetched = await fetchNpm(context, found);
  const room = options.workspace.room();
  const unpacked = join(room.path, "unpacked");
  mkdirSync(unpacked);
  await extractInto(
    unpacked,
    { file: fetched.path, fileName: fetched.fileName, strip: input.strip ?? "auto", limits: input.limits },
    options,
  );
  const place = join("lib/node_modules", found.name);
  mkdirSync(dirname(join(stagedTree(room), place)), { recursive: true });
  renameSync(unpacked, join(stagedTree(room), place));
  linkCommands(stagedTree(room), place);
  const missing = missingDependencies(join(stagedTree(room), place));
  const prepared = await stagePackage(
    store,
    {
      ...input,
      room,
      name: input.name ?? found.packageName,
      version: input.version ?? found.version,
      fileName: fetched.fileName,
      requested: input.from,
      origin: { kind: "npm", spec: input.from, url: fetched.origin, integrity: fetched.promised },
    },
    options,
  );
  if (missing.length > 0 && !prepared.staged?.reused) warnOfMissing(found, missing, options);
  return prepared;
}

/** Packages that this one needs and does not bring along. Nothing would find them elsewhere in a profile. */
function missingDependencies(directory: string): string[] {
  const { dependencies, optionalDependencies } = readPackageJson(directory);
  const optional = isJsonObject(optionalDependencies) ? optionalDependencies : {};
  const needed = Object.keys(isJsonObject(dependencies) ? dependencies : {}).filter((name) => !(name in optional));
  return needed.filter((name) => !existsSync(join(directory, "node_modules", name)));
}

/** So many are named. */
const NAMED = 5;

function warnOfMissing(
  { name, version }: { readonly name: string; readonly version: string },
  missing: readonly string[],
  { onEvent }: PrepareOptions,
): void {
  const named = missing.slice(0, NAMED).map(printable).join(", ");
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : "";
  onEvent?.({
    kind: "warning",
    message: `${name} ${version} needs ${named}${more}, which npm would install beside it and \`store\` does not`,
    hint: "A package of a registry is taken alone, as its tarball is. Choose one that brings along what it needs, or build it from a recipe whose sources are all of them.",
  });
}

/** Links what `bin` in package.json names into `<tree>/bin`, as npm does, and makes it executable. */
function linkCommands(tree: string, place: string): void {
  const commands = readCommands(join(tree, place));
  if (commands.size > 0) mkdirSync(join(tree, "bin"));
  for (const [command, file] of commands) {
    chmodSync(join(tree, place, file), 0o755);
    symlinkSync(posix.join("..", place, file), join(tree, "bin", command));
  }
}

/** Commands of a package by name, with the file of each, which lies in the package. */
function readCommands(directory: string): Map<string, string> {
  const { name, bin } = readPackageJson(directory);
  const entries =
    typeof bin === "string" ? [[String(name), bin] as const] : Object.entries(isJsonObject(bin) ? bin : {});
  const commands = new Map<string, string>();
  for (const [key, value] of entries) {
    const command = posix.basename(key);
    // Rooted first, so that no amount of `..` leads out of the package.
    const file = posix.join("/", String(value)).slice(1);
    if (/^[A-Za-z0-9_@+][A-Za-z0-9_@+.-]*$/.test(command) && isFileWithin(directory, file)) commands.set(command, file);
  }
  return commands;
}

function readPackageJson(directory: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    return isJsonObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, "ENOENT")) return {};
    throw error;
  }
}

function isFileWithin(directory: string, file: string): boolean {
  try {
    return (
      realpathSync(join(directory, file)).startsWith(`${realpathSync(directory)}/`) &&
      statSync(join(directory, file)).isFile()
    );
  } catch {
    return false;
  }
}
