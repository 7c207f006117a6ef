import { resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import { withReferences } from "../../model/closure.ts";
import type { BaseName } from "../../model/ids.ts";
import { isWhole } from "../../store/check-object.ts";
import { commitObjects } from "../../store/commit-objects.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { stageUnpacked, type UnpackedObject, unpackObject } from "../../store/unpack-object.ts";
import { checkLimits } from "../packages/check-input.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { missingLines, type SearchRun } from "./obtain/attempt.ts";
import type { RepositoryOptions } from "./obtain/packed-places.ts";
import { obtainIn } from "./obtain-objects.ts";
import { limitsOf } from "./unpack-limits.ts";

/** What objects refer to and no file has is looked for in the archives of the store and in repositories. */
export interface ImportRequest extends RepositoryOptions {
  readonly files: readonly string[];
}

export interface ImportedObject {
  /** Absolute path of the object. */
  readonly path: string;
  readonly baseName: BaseName;
  readonly file: string;
  /** The store had it already. */
  readonly reused: boolean;
}

/**
 * Adds packed objects to the store. All are unpacked before the first is added; each is checked against its name, and
 * what it refers to must be there before it.
 * @throws StoreError ARCHIVE, INTEGRITY, LIMIT, UNSUPPORTED, NOT_FOUND naming what is missing
 */
export async function importObjects(
  store: Store,
  request: ImportRequest,
  run: RunOptions = {},
): Promise<readonly ImportedObject[]> {
  checkLimits(request.limits ?? {});
  using workspace = openWorkspace(store);
  const unpacked = new Map<BaseName, UnpackedObject>();
  for (const name of request.files) {
    const file = resolve(request.cwd, name);
    run.onEvent?.({ kind: "step", step: "extract", subject: file });
    const limits = limitsOf({ kind: "repository" }, request.limits);
    const each = await unpackObject(file, { room: workspace.room(), limits, signal: run.signal });
    unpacked.set(each.manifest.path, each);
  }
  await needReferences(store, unpacked, request, { ...run, workspace });
  const imported: ImportedObject[] = [];
  for (const each of inOrder(unpacked)) {
    const staged = await stageUnpacked(store, each, { lease: workspace.lease, signal: run.signal });
    await commitObjects(store, [staged], run.signal);
    const { path: baseName } = staged.manifest;
    imported.push({ path: objectPath(store.layout, baseName), baseName, file: each.file, reused: staged.reused });
  }
  return imported;
}

async function needReferences(
  store: Store,
  unpacked: ReadonlyMap<BaseName, UnpackedObject>,
  request: ImportRequest,
  run: SearchRun,
): Promise<void> {
  const needed = [...unpacked.values()].flatMap(({ manifest }) => manifest.references);
  const absent = [...new Set(needed)].filter((object) => !unpacked.has(object) && !isWhole(store, object));
  if (absent.length === 0) return;
  const { missing } = await obtainIn(store, absent, request, run);
  if (missing.length === 0) return;
  throw new StoreError(
    "NOT_FOUND",
    `what is to be imported needs objects that cannot be had:${missingLines(missing)}`,
    {
      hint: "Export with --closure, and import all files at once; or name a --repository that has them.",
      details: { missing },
    },
  );
}

/** Each behind what it refers to. */
function inOrder(unpacked: ReadonlyMap<BaseName, UnpackedObject>): UnpackedObject[] {
  const objects = withReferences(unpacked.keys(), (object) => unpacked.get(object)?.manifest.references ?? []);
  return objects.flatMap((object) => unpacked.get(object) ?? []);
}
