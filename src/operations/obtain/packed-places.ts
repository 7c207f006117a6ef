import { existsSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import { packedFileName, packedInFile } from "../../model/packed-object.ts";
import { printableUrl } from "../../sources/printable-url.ts";
import { readSetting } from "../../store/config-file.ts";
import { archivePath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { createFetchContext } from "../fetch-context.ts";
import type { RunOptions } from "../run-options.ts";

/** A packed object that lies on this machine while it is used. */
export interface PackedFound extends Disposable {
  readonly path: string;
}

/** Where packed objects can be. */
export interface PackedPlace {
  readonly kind: "archive" | "repository";
  /** As it is told to people. */
  readonly name: string;
  /** @throws StoreError when the place cannot be looked at */
  find(object: BaseName): Promise<PackedFound | undefined>;
}

export interface RepositoryOptions {
  /** Directories and http URLs, looked at in this order, before those that the store's settings name. */
  readonly repositories?: readonly string[] | undefined;
  /** Look into subdirectories of directories, too; also when the settings say so. */
  readonly recursive?: boolean | undefined;
  /** What relative directories start from. */
  readonly cwd: string;
  readonly offline?: boolean | undefined;
}

/** The archives of the store, then every repository. */
export function packedPlaces(store: Store, options: RepositoryOptions, run: RunOptions): readonly PackedPlace[] {
  const recursive = options.recursive || readSetting(store, "repositories.recursive");
  const named = [...(options.repositories ?? []), ...readSetting(store, "repositories")];
  const repositories = [...new Set(named.map((name) => (isUrl(name) ? name : resolve(options.cwd, name))))];
  return [
    archives(store),
    ...repositories.map((name) =>
      isUrl(name) ? remotePlace(store, name, { ...options, run }) : directoryPlace(name, recursive),
    ),
  ];
}

function archives(store: Store): PackedPlace {
  return {
    kind: "archive",
    name: "the store's archives",
    async find(object) {
      const path = archivePath(store.layout, object);
      return existsSync(path) ? kept(path) : undefined;
    },
  };
}

function directoryPlace(directory: string, recursive: boolean): PackedPlace {
  let below: ReadonlyMap<BaseName, string> | undefined;
  return {
    kind: "repository",
    name: directory,
    async find(object) {
      if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw noDirectory(directory);
      const path = join(directory, packedFileName(object));
      if (existsSync(path)) return kept(path);
      if (!recursive) return undefined;
      below ??= new Map(packedBelow(directory));
      const found = below.get(object);
      return found === undefined ? undefined : kept(found);
    },
  };
}

/** Links to directories are not followed: they could lead in a circle. */
function* packedBelow(directory: string): Generator<readonly [BaseName, string]> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const object = packedInFile(entry.name);
    if (entry.isDirectory()) yield* packedBelow(path);
    else if (object !== undefined) yield [object, path];
  }
}

interface RemoteOptions {
  readonly cwd: string;
  readonly offline?: boolean | undefined;
  readonly run: RunOptions;
}

/** The file is checked by its content when it is unpacked, so that no integrity need be known. */
function remotePlace(store: Store, base: string, { run, ...options }: RemoteOptions): PackedPlace {
  return {
    kind: "repository",
    name: printableUrl(base),
    async find(object) {
      const { fetchFile } = await import("../../sources/fetch-file.ts");
      const url = `${base.replace(/\/+$/, "")}/${encodeURIComponent(packedFileName(object))}`;
      try {
        const context = createFetchContext(store, options, run);
        const fetched = await fetchFile(context, { urls: [url], allowUnverified: true });
        return fetched.reused ? kept(fetched.path) : borrowed(fetched.path);
      } catch (error) {
        if (error instanceof StoreError && error.code === "NOT_FOUND") return undefined;
        throw error;
      }
    },
  };
}

function kept(path: string): PackedFound {
  return { path, [Symbol.dispose]: () => {} };
}

/** What was fetched only for this is not needed behind it. */
function borrowed(path: string): PackedFound {
  return {
    path,
    [Symbol.dispose]: () => {
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) rmSync(path, { force: true });
    },
  };
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function noDirectory(path: string): StoreError {
  return new StoreError("NOT_FOUND", `there is no directory ${path}`, { details: { path } });
}
