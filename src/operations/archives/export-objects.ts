import { statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import { withReferences } from "../../model/closure.ts";
import type { BaseName, ProfileName } from "../../model/ids.ts";
import { packedFileName } from "../../model/packed-object.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { packObject } from "../../store/pack-object.ts";
import { hasRepositoryIndex, writeRepositoryIndex } from "../../store/repository-index.ts";
import { makeDirectory } from "../../system/make-directory.ts";
import { outputPlace, sweepOutputs } from "../../system/output-place.ts";
import { asUser } from "../../system/umask.ts";
import { findObject } from "../packages/info.ts";
import type { RunOptions } from "../run-options.ts";

export interface ExportRequest {
  /** Store paths, base names, or names of packages that the profile has. */
  readonly what: readonly string[];
  readonly profile: ProfileName;
  readonly cwd: string;
  /** A directory, which is made when it ends with a slash; or, for a single object, a file. Default: `cwd`. */
  readonly output?: string | undefined;
  /** Also everything that the objects need at run time. */
  readonly closure?: boolean | undefined;
}

export interface ExportedObject {
  readonly path: BaseName;
  /** Absolute path of the file. */
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * Writes objects to files that any other store of the same width can import. Each file is whole or absent; one of the
 * same name is replaced, a device or a FIFO is written into. An object comes behind those that it needs. A directory that
 * has an index gets a new one.
 * @throws StoreError NOT_FOUND, also of the directory of a file, DAMAGED, NEWER_FORMAT of such an index, UNSUPPORTED for
 * an object that is named by its derivation
 */
export async function exportObjects(
  store: Store,
  request: ExportRequest,
  run: RunOptions = {},
): Promise<readonly ExportedObject[]> {
  run.signal?.throwIfAborted();
  const named = request.what.map((what) => findObject(store, request.profile, { what, cwd: request.cwd }));
  const objects = request.closure
    ? withReferences(named, (object) => readManifest(store, object).references)
    : [...new Set(named)];
  const exported: ExportedObject[] = [];
  const fileFor = placeFor(request, objects);
  const directories = new Set(objects.map((path) => dirname(fileFor(path))));
  const places = objects.map((path) => outputPlace(fileFor(path)));
  // An index that cannot be written anew is refused before there are files that it lacks.
  for (const directory of directories) hasRepositoryIndex(directory);
  sweepOutputs(places);
  for (const path of objects) {
    run.onEvent?.({ kind: "step", step: "export", subject: path });
    const file = fileFor(path);
    exported.push({ path, file, size: await packObject(store, path, { target: file, signal: run.signal }) });
  }
  for (const directory of directories)
    if (hasRepositoryIndex(directory)) await writeRepositoryIndex(directory, run.signal);
  return exported;
}

function placeFor({ output, cwd }: ExportRequest, objects: readonly BaseName[]): (object: BaseName) => string {
  const path = resolve(cwd, output ?? ".");
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? output?.endsWith("/") ?? false;
  if (!isDirectory && objects.length > 1) {
    throw new StoreError("INVALID_INPUT", `${objects.length} objects do not fit into the one file ${path}`, {
      hint: `Name a directory: -o ${output}/ makes it.`,
      details: { output: path, objects },
    });
  }
  if (isDirectory) asUser(() => makeDirectory(path, { hint: "Name another place with -o." }));
  return (object) => (isDirectory ? join(path, packedFileName(object)) : join(dirname(path), basename(path)));
}
