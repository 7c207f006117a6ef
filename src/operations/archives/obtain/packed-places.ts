import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError } from "../../../errors.ts";
import type { BaseName } from "../../../model/ids.ts";
import { packedFileName } from "../../../model/packed-object.ts";
import { readSetting } from "../../../store/config-file.ts";
import { archivePath } from "../../../store/layout.ts";
import type { Store } from "../../../store/open-store.ts";
import { readPackedManifest } from "../../../store/packed-manifest.ts";
import { packedBelow } from "../../../store/repository-index.ts";
import type { UnpackLimits } from "../../../store/unpack-object.ts";
import type { RunOptions } from "../../run-options.ts";
import type { PackedPlace } from "./packed-place.ts";
import { keptFile, remotePlace } from "./remote-place.ts";

export interface RepositoryOptions {
  /** Directories and http URLs, looked at in this order, before those that the store's settings name. */
  readonly repositories?: readonly string[] | undefined;
  /** Look into subdirectories, too; also when the settings say so. Of URLs the index there tells what they have. */
  readonly recursive?: boolean | undefined;
  /** What relative directories start from. */
  readonly cwd: string;
  readonly offline?: boolean | undefined;
  /** What a packed object of theirs may unpack to. */
  readonly limits?: Partial<UnpackLimits> | undefined;
}

/** The archives of the store, then every repository. */
export function packedPlaces(store: Store, options: RepositoryOptions, run: RunOptions): readonly PackedPlace[] {
  const recursive = options.recursive || readSetting(store, "repositories.recursive");
  const named = [...(options.repositories ?? []), ...readSetting(store, "repositories")];
  const repositories = [...new Set(named.map((name) => (isUrl(name) ? name : resolve(options.cwd, name))))];
  return [
    archives(store),
    ...repositories.map((name) =>
      isUrl(name) ? remotePlace(store, name, { ...options, recursive, run }) : directoryPlace(name, recursive),
    ),
  ];
}

function archives(store: Store): PackedPlace {
  const locate = (object: BaseName) => {
    const path = archivePath(store.layout, object);
    return existsSync(path) ? path : undefined;
  };
  return localPlace({ kind: "archive", name: "the store's archives" }, locate);
}

function directoryPlace(directory: string, recursive: boolean): PackedPlace {
  let below: ReadonlyMap<BaseName, string> | undefined;
  return localPlace({ kind: "repository", name: directory }, (object) => {
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw noDirectory(directory);
    const path = join(directory, packedFileName(object));
    if (existsSync(path)) return path;
    if (!recursive) return undefined;
    below ??= packedBelow(directory);
    return below.get(object);
  });
}

function localPlace(
  place: Pick<PackedPlace, "kind" | "name">,
  locate: (object: BaseName) => string | undefined,
): PackedPlace {
  return {
    ...place,
    async find(object) {
      const path = locate(object);
      return path === undefined ? undefined : keptFile(path);
    },
    async look(object) {
      const path = locate(object);
      return path === undefined ? undefined : { manifest: readPackedManifest(path) };
    },
  };
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function noDirectory(path: string): StoreError {
  return new StoreError("NOT_FOUND", `there is no directory ${path}`, { details: { path } });
}
