import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import { REPOSITORY_INDEX } from "../../model/repository-index.ts";
import { writeRepositoryIndex } from "../../store/repository-index.ts";
import { sweepUnfinished } from "../../system/unfinished-output.ts";
import type { RunOptions } from "../run-options.ts";

/**
 * Writes into a directory which packed objects lie in it and below, for `--repository URL --recursive`. Needs no store.
 * @throws StoreError NOT_FOUND when there is no such directory, NEWER_FORMAT
 */
export async function indexRepository(
  request: { readonly directory: string; readonly cwd: string },
  { signal }: RunOptions = {},
): Promise<{ readonly file: string; readonly objects: number }> {
  signal?.throwIfAborted();
  const directory = resolve(request.cwd, request.directory);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new StoreError("NOT_FOUND", `there is no directory ${directory}`, {
      hint: "Name the directory that the server shows, with packed objects in it or below.",
      details: { path: directory },
    });
  }
  sweepUnfinished(directory);
  const index = await writeRepositoryIndex(directory, signal);
  return { file: join(directory, REPOSITORY_INDEX), objects: index.size };
}
