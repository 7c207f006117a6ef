import type { BaseName, PackageName, PackageVersion, TreeId } from "../../model/ids.ts";
import { commitObjects } from "../../store/commit-objects.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { checkInput } from "./check-input.ts";
import { preparePackage } from "./prepare-package.ts";
import type { PackageInput } from "./stage-package.ts";

export interface AddResult {
  /** Absolute path of the store object. */
  readonly path: string;
  readonly baseName: BaseName;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly treeId: TreeId;
  /** Regular files and symlinks. */
  readonly files: number;
  /** Bytes in regular files. */
  readonly size: number;
  /** The store had this object already. */
  readonly reused: boolean;
}

/**
 * Puts a directory, file, archive, URL or npm package into the store as one object.
 * @throws StoreError NOT_FOUND, INTEGRITY, ARCHIVE, LIMIT, NETWORK, INVALID_INPUT
 */
export async function add(store: Store, input: PackageInput, run: RunOptions = {}): Promise<AddResult> {
  checkInput(input);
  using workspace = openWorkspace(store);
  const { manifest, staged } = await preparePackage(store, input, { ...run, workspace });
  if (staged && !staged.reused) {
    run.onEvent?.({ kind: "step", step: "commit", subject: `${manifest.name} ${manifest.version}` });
    await commitObjects(store, [staged], run.signal);
  }
  const { path: baseName, name, version, treeId, files, size } = manifest;
  const path = objectPath(store.layout, baseName);
  return { path, baseName, name, version, treeId, files, size, reused: staged?.reused ?? true };
}
