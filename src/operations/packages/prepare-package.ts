import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isErrno, StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import type { Origin } from "../../model/manifest.ts";
import { isArchiveName } from "../../model/recipe/archive-name.ts";
import { checkSpecText, parseSpec } from "../../model/recipe/spec.ts";
import type { Fetched } from "../../sources/fetch-context.ts";
import { printableUrl } from "../../sources/printable-url.ts";
import { objectAt, readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { stagedTree } from "../../store/stage-object.ts";
import { detectArchive, endsAsZip } from "../../system/archive/detect-archive.ts";
import { packedFile } from "../../system/archive/packed-file.ts";
import type { FileWatch } from "../../system/archive/tree-writer.ts";
import { createFetchContext } from "../building/fetch-context.ts";
import { checkSourcePlace } from "./check-source-place.ts";
import { refuseIntegrity } from "./refuse-integrity.ts";
import {
  extractInto,
  fetchSettingsOf,
  type PackageInput,
  type PreparedPackage,
  type PrepareOptions,
  stagePackage,
} from "./stage-package.ts";

/** Gets what a package is made from and stages it; nothing becomes visible by that. */
export async function preparePackage(
  store: Store,
  given: PackageInput,
  options: PrepareOptions,
): Promise<PreparedPackage> {
  const input = withOwnIntegrity(given);
  const { from } = input;
  checkSpecText(from);
  if (from.startsWith("npm:")) {
    refuseIntegrity(input, "a package of a registry");
    return (await import("./prepare-npm.ts")).prepareNpm(store, input, options);
  }
  if (/^https?:\/\//i.test(from)) return prepareUrl(store, input, options);
  const object = knownObject(store, input);
  if (object) {
    refuseIntegrity(input, "an object of the store");
    await options.workspace.lease.hold([object], options.signal);
    return { manifest: readManifest(store, object), staged: undefined, requested: object };
  }
  return preparePath(store, input, options);
}

/**
 * A URL can carry its integrity behind a `#`.
 * @throws StoreError INVALID_INPUT for anything else there, or for two that differ
 */
function withOwnIntegrity(input: PackageInput): PackageInput {
  if (!/^(?:https?|file):/i.test(input.from)) return input;
  const spec = parseSpec(input.from);
  if (spec.kind !== "url" || spec.integrity === undefined) return input;
  const { url, integrity } = spec;
  if (input.integrity === undefined || input.integrity === integrity) return { ...input, from: url, integrity };
  throw new StoreError("INVALID_INPUT", `${input.from} is to have ${input.integrity} by --integrity`, {
    hint: "Give the integrity once.",
  });
}

/** The object of the store that was asked for, when it was one. */
export function knownObject(store: Store, { from, cwd }: PackageInput): BaseName | undefined {
  return /^(?:npm|https?):/i.test(from) ? undefined : objectAt(store, from, cwd);
}

async function prepareUrl(store: Store, input: PackageInput, options: PrepareOptions): Promise<PreparedPackage> {
  const fetched = await fetch(store, input, { ...options, url: input.from });
  const origin: Origin = { kind: "url", url: fetched.origin, integrity: fetched.integrity };
  return prepareFile(
    store,
    { ...input, requested: printableUrl(input.from), origin, file: fetched.path, fileName: fetched.fileName },
    options,
  );
}

async function preparePath(store: Store, input: PackageInput, options: PrepareOptions): Promise<PreparedPackage> {
  const path = input.from.startsWith("file:") ? pathOf(input.from) : resolve(input.cwd, input.from);
  const status = statOf(path, input.from);
  const fileName = basename(path);
  if (status.isDirectory()) {
    refuseIntegrity(input, "a directory");
    checkSourcePlace(store, path);
    const origin: Origin = { kind: "directory", path };
    return stagePackage(store, { ...input, requested: path, origin, fileName, source: path }, options);
  }
  if (!status.isFile())
    throw new StoreError("INVALID_INPUT", `${path} is neither a file nor a directory`, {
      hint: "Copy what it gives into a file, and name that one.",
      details: { path },
    });
  const file = { ...input, requested: path, fileName };
  if (input.integrity === undefined)
    return prepareFile(store, { ...file, origin: { kind: "file", path }, file: path }, options);
  // What is checked is a copy of the store's own: the file itself could be another one by the time it is unpacked.
  const fetched = await fetch(store, input, { ...options, url: pathToFileURL(path).href });
  return prepareFile(
    store,
    { ...file, origin: { kind: "file", path, integrity: fetched.integrity }, file: fetched.path },
    options,
  );
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new StoreError("INVALID_INPUT", `${url} names no file of this machine: ${(cause as Error).message}`, {
      hint: "Write file:///PATH, with %25 for a percent sign, or the path alone.",
      cause,
    });
  }
}

async function fetch(
  store: Store,
  input: PackageInput,
  options: PrepareOptions & { readonly url: string },
): Promise<Fetched> {
  const { fetchFile } = await import("../../sources/fetch-file.ts");
  const { parseIntegrity } = await import("../../sources/integrity.ts");
  options.onEvent?.({ kind: "step", step: "fetch", subject: printableUrl(input.from) });
  const integrity = input.integrity === undefined ? undefined : parseIntegrity(input.integrity);
  return fetchFile(createFetchContext(store, fetchSettingsOf(input), options), {
    urls: [options.url],
    integrity,
    giver: "option",
  });
}

interface FileInput extends PackageInput {
  readonly requested: string;
  readonly origin: Origin;
  readonly file: string;
  /** What the file is called, for name and version. */
  readonly fileName: string;
}

/** Stages an archive's content, or a tree that holds nothing but the file. */
async function prepareFile(store: Store, input: FileInput, options: PrepareOptions): Promise<PreparedPackage> {
  const room = options.workspace.room();
  const tree = stagedTree(room);
  mkdirSync(tree);
  const format = (await detectArchive(input.file)) ?? (isNamedZip(input) ? "zip" : undefined);
  if (format === undefined) {
    if (isArchiveName(input.fileName)) throw noArchive(input);
    copyFileSync(input.file, join(tree, input.fileName));
    return stagePackage(store, { ...input, room }, options);
  }
  const packed = format === "tar.gz" ? await import("./refuse-packed.ts") : undefined;
  packed?.refusePackedObject(store, input);
  const kind = input.origin.kind === "file" ? "archive" : input.origin.kind;
  // Who unpacks it again must leave out as much of the names.
  const origin = { ...input.origin, kind, ...(typeof input.strip === "number" && { strip: input.strip }) } as const;
  const fill = async (into: string, watch: FileWatch) => {
    const filled = await extractInto(into, input, { ...options, watch });
    packed?.refusePackedBuild(into, input);
    return filled;
  };
  return stagePackage(store, { ...input, origin, room, fill }, options);
}

/** One that begins with a program that unpacks it; by another name it is that program. */
function isNamedZip({ file, fileName }: FileInput): boolean {
  return /\.zip$/i.test(fileName) && endsAsZip(packedFile(file));
}

/** A download that failed is often a page that says so, and damage can begin with the first block. */
function noArchive({ fileName, from }: FileInput): StoreError {
  return new StoreError("ARCHIVE", `${from} is no archive, or is damaged where it begins`, {
    hint: `Look into it: it can be a page that says why a download failed. To add ${fileName} as a file, give it another name.`,
    details: { archive: from },
  });
}

function statOf(path: string, from: string) {
  try {
    return statSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    throw new StoreError("NOT_FOUND", `there is no file or directory ${path}`, {
      hint: from.includes("/")
        ? `The directory ${dirname(path)} is where it was looked for.`
        : `For a package of the npm registry write npm:${from}.`,
      details: { path },
      cause: error,
    });
  }
}
