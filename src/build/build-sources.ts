import { realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { type ByteString, fromBytes, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";
import type { DerivationSource } from "../model/derivation.ts";
import type { TreeId } from "../model/ids.ts";
import type { ResolvedSource } from "../model/recipe/resolved-recipe.ts";
import { leadsOut } from "../recipes/recipe-files.ts";
import { collectWorkingTree } from "../sources/collect-working-tree.ts";
import { readDirectoryContent } from "../sources/directory-content.ts";
import { fetchSource, type SourceRequest } from "../sources/fetch-all.ts";
import type { FetchContext } from "../sources/fetch-context.ts";
import { isGitSource, parseGitSource } from "../sources/git-source.ts";
import { hashFile } from "../sources/hash-file.ts";
import { type Integrity, parseIntegrity, toContentHash, toIntegrity } from "../sources/integrity.ts";
import { lstatIfThere } from "../system/lstat-if-there.ts";
import type { PlannedPackage } from "./build-plan.ts";
import { placeSource } from "./place-source.ts";
import { namingPackage } from "./source-failure.ts";

/** A source or patch of a build: what it is, known without fetching, and a way to lay it where the build finds it. */
export interface BuildSource extends DerivationSource {
  /** What must be fetched for it; absent for what lies on this machine. */
  readonly request: SourceRequest | undefined;
  /** Copies it to `<directory>/<fileName>`; fetches it first when that is needed. */
  place(directory: string): Promise<void>;
}

export interface SourcePlaces {
  readonly context: FetchContext;
  /** Makes an empty directory that lives as long as the build. */
  room(): { readonly path: string };
}

/** @throws StoreError NOT_FOUND, INTEGRITY when a source from the network has no integrity */
export async function buildSources(planned: PlannedPackage, places: SourcePlaces): Promise<BuildSource[]> {
  return Promise.all(planned.recipe.sources.map((source) => describeSource(source, planned, places)));
}

export async function buildPatches(planned: PlannedPackage): Promise<BuildSource[]> {
  return Promise.all(planned.recipe.patches.map((patch) => besideRecipe(patch, planned)));
}

async function describeSource(
  source: ResolvedSource,
  planned: PlannedPackage,
  places: SourcePlaces,
): Promise<BuildSource> {
  switch (source.kind) {
    case "fetched":
      return fetchedSource(source, planned, places.context);
    case "path":
      if (planned.files.has(source.path)) refuseLeadingOut(source, planned);
      return besideRecipe(source, planned);
    case "worktree":
      return worktree(source.fileName, resolve(source.path), places);
  }
}

function fetchedSource(source: FetchedRecipeSource, planned: PlannedPackage, context: FetchContext): BuildSource {
  const { fileName } = source;
  const request = requestOf(source);
  const content = contentOf(source, planned);
  const place = async (directory: string): Promise<void> => {
    const fetched = await fetchSource(context, request).catch((error: unknown) => {
      throw namingPackage(error, planned.id);
    });
    placeSource(fromText(fetched.path), join(directory, fileName));
  };
  return { fileName, content: request.kind === "git" ? `tree:${request.treeId}` : content, request, place };
}

function contentOf(source: FetchedRecipeSource, planned: PlannedPackage): Integrity {
  if (source.integrity !== undefined) return parseIntegrity(source.integrity);
  throw new StoreError("INTEGRITY", `the source ${source.urls[0]} of ${planned.id} has no integrity`, {
    hint: "`store fetch` downloads it and prints the right one.",
  });
}

/**
 * What must be fetched for a source of a recipe. The integrity of a commit is that of its files: the tree id as SHA-256.
 * @throws StoreError INVALID_INPUT for a commit with an integrity that is no SHA-256
 */
export function requestOf({ urls, integrity, fileName }: FetchedRecipeSource): SourceRequest {
  const [first = ""] = urls;
  const expected = integrity === undefined ? undefined : parseIntegrity(integrity);
  if (isGitSource(first)) {
    const treeId = expected && treeIdOf(expected, first);
    return { kind: "git", ...parseGitSource(first), ...(treeId && { treeId }) };
  }
  if (first.startsWith("npm:")) return { kind: "npm", spec: first, ...(expected && { integrity: expected }) };
  return { kind: "file", urls, fileName, ...(expected && { integrity: expected }) };
}

type FetchedRecipeSource = ResolvedSource & { kind: "fetched" };

function treeIdOf(integrity: Integrity, url: string): TreeId {
  const { algorithm, hex } = toContentHash(integrity);
  if (algorithm === "sha256") return hex as TreeId;
  throw new StoreError(
    "INVALID_INPUT",
    `${url} has an integrity by ${algorithm}; files of a commit have one by sha256`,
    {
      hint: "Leave it out, and `store fetch` prints the right one.",
    },
  );
}

async function besideRecipe(
  source: { readonly path: string; readonly fileName: string },
  planned: PlannedPackage,
): Promise<BuildSource> {
  const path = followed(
    planned.files.get(source.path) ?? fromText(resolve(planned.recipeDirectory, "..", source.path)),
  );
  const content = await contentAt(path, source.path, planned);
  return {
    fileName: source.fileName,
    ...content,
    request: undefined,
    place: async (directory) => placeSource(path, join(directory, source.fileName)),
  };
}

/** A symlink would be copied as such, and lead elsewhere in the build. */
function followed(path: ByteString): ByteString {
  const isLink = lstatIfThere(path)?.isSymbolicLink() && statSync(toFsPath(path), { throwIfNoEntry: false });
  return isLink ? fromBytes(realpathSync(toFsPath(path), "buffer")) : path;
}

/** @throws StoreError INVALID_RECIPE */
function refuseLeadingOut({ path: named }: { readonly path: string }, { id, files }: PlannedPackage): void {
  const path = files.get(named) as ByteString;
  if (!leadsOut(named, path)) return;
  throw new StoreError(
    "INVALID_RECIPE",
    `the source ${named} of ${id} is a symlink that leads out of the recipe's directory`,
    {
      hint: "Put the files themselves there, or name the place as a `worktree`.",
      details: { source: named, package: id },
    },
  );
}

/** A working tree is copied when it is looked at: what is built is what was hashed. */
async function worktree(fileName: string, path: string, places: SourcePlaces): Promise<BuildSource> {
  const copy = join(places.room().path, "tree");
  const { treeId } = await collectWorkingTree(places.context, path, copy);
  const place = async (directory: string): Promise<void> => placeSource(fromText(copy), join(directory, fileName));
  return { fileName, content: `tree:${treeId}`, request: undefined, place };
}

async function contentAt(
  path: ByteString,
  named: string,
  planned: PlannedPackage,
): Promise<Omit<DerivationSource, "fileName">> {
  const status = statSync(toFsPath(path), { throwIfNoEntry: false });
  if (status?.isDirectory()) return { content: `tree:${(await readDirectoryContent(path)).treeId}` };
  if (status?.isFile()) {
    const { hex } = await hashFile(toFsPath(path));
    const content = toIntegrity({ algorithm: "sha256", hex: hex.get("sha256") as string });
    return { content, ...((status.mode & 0o111) !== 0 && { executable: true }) };
  }
  throw new StoreError("NOT_FOUND", `${planned.id} mentions ${named}, which is not beside its recipe`, {
    hint: `It was looked for at ${toEscaped(path)}.`,
  });
}
