import type { ByteString } from "../../model/byte-string.ts";
import type { OptionValue } from "../../model/generation.ts";
import { parsePackageName, parsePackageVersion } from "../../model/ids.ts";
import type { Manifest, Origin } from "../../model/manifest.ts";
import { fromFileName } from "../../model/package-file-name.ts";
import type { ImportMethod } from "../../store/import/import-method.ts";
import type { Store } from "../../store/open-store.ts";
import { type StagedObject, stageObject } from "../../store/stage-object.ts";
import { type ArchiveLimits, extractArchive } from "../../system/archive/extract-archive.ts";
import type { FileWatch } from "../../system/archive/tree-writer.ts";
import type { BuildSettings } from "../building/build-settings.ts";
import type { FetchSettings } from "../building/fetch-context.ts";
import type { Variant } from "../building/variants-below.ts";
import type { RunOptions } from "../run-options.ts";
import type { Workspace } from "../workspace.ts";

/** What a package is made from, and how. What an archive may hold bounds also what is downloaded. */
export interface PackageInput extends Omit<FetchSettings, "maxBytes"> {
  /** A directory, a file, an archive, a URL, `npm:name@range`, or the path or name of a store object. */
  readonly from: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Subresource integrity that the fetched file or the archive must have. */
  readonly integrity?: string | undefined;
  /** Leading directories of an archive's names to drop; `auto` drops the only top directory. */
  readonly strip?: "auto" | number | undefined;
  readonly importMethod?: ImportMethod | undefined;
  readonly limits?: Partial<ArchiveLimits> | undefined;
  /** Read every file of a directory, also when nothing about it was changed since it was added last. */
  readonly checksum?: boolean | undefined;
  /** Of a recipe: values for options that `from` does not name, in place of the recipe's defaults. */
  readonly keptOptions?: Readonly<Record<string, OptionValue>> | undefined;
  /** Of a recipe: what the package that is there was built with, by name. */
  readonly builtWith?: ReadonlyMap<string, Variant> | undefined;
  /** It is asked for again, as the generation recorded it, and not by a person who sees the working directory. */
  readonly again?: boolean | undefined;
  /** How packages that are built from recipes are found and built. */
  readonly build?: BuildSettings | undefined;
}

/** A package that is in the store, or complete in a temporary directory. */
export interface PreparedPackage {
  readonly manifest: Manifest;
  /** Absent when the object was named directly. */
  readonly staged: StagedObject | undefined;
  /** The SPEC to look at again for an upgrade. */
  readonly requested: string;
  /** Values of the recipe's options. */
  readonly options?: Readonly<Record<string, OptionValue>>;
}

export interface PrepareOptions extends RunOptions {
  /** Take the place of a damaged object of the same name. */
  readonly replace?: boolean | undefined;
  readonly workspace: Workspace;
}

export const DEFAULT_LIMITS: ArchiveLimits = { maxBytes: 64 * 2 ** 30, maxRatio: 400, maxEntries: 5_000_000 };

/** How a package is fetched: no archive takes more room than what it holds, as far as anybody would want it. */
export function fetchSettingsOf(input: PackageInput): FetchSettings {
  return { ...input, maxBytes: input.limits?.maxBytes ?? DEFAULT_LIMITS.maxBytes };
}

/** Extracts an archive and tells how far it is; gives the top directory that was left out. */
export async function extractInto(
  tree: string,
  input: Pick<PackageInput, "strip" | "limits"> & { readonly file: string; readonly fileName: string },
  options: PrepareOptions & { readonly watch?: FileWatch | undefined },
): Promise<ByteString | undefined> {
  const subject = input.fileName;
  options.onEvent?.({ kind: "step", step: "extract", subject });
  const { strippedDirectory } = await extractArchive(input.file, tree, {
    strip: input.strip ?? "auto",
    watch: options.watch,
    limits: { ...DEFAULT_LIMITS, ...input.limits },
    ...(options.signal && { signal: options.signal }),
    onProgress: ({ readBytes, totalBytes, entries }) =>
      options.onEvent?.({ kind: "extracting", subject, readBytes, totalBytes, entries }),
  });
  return strippedDirectory;
}

export interface StageInput extends PackageInput {
  readonly requested: string;
  readonly origin: Origin;
  readonly fileName: string;
  /** A directory to copy. */
  readonly source?: string;
  /** Writes the tree that is staged in the room (see `stageObject`). */
  readonly fill?: (tree: string, watch: FileWatch) => Promise<ByteString | undefined>;
  /** Where the tree was staged already, or is. */
  readonly room?: { readonly path: string };
}

/** Gives a tree its name and version and stages it as an object. */
export async function stagePackage(store: Store, input: StageInput, options: PrepareOptions): Promise<PreparedPackage> {
  const derived = fromFileName(input.fileName);
  const name = parsePackageName(input.name ?? derived.name);
  const version = parsePackageVersion(input.version ?? derived.version ?? "0");
  const subject = `${name} ${version}`;
  const announce = () => options.onEvent?.({ kind: "step", step: "import", subject });
  if (!input.fill) announce();
  const staged = await stageObject(store, {
    name,
    version,
    origin: input.origin,
    temporary: input.room ?? options.workspace.room(),
    lease: options.workspace.lease,
    method: input.importMethod,
    reread: input.checksum,
    replace: options.replace,
    signal: options.signal,
    ...(input.source !== undefined && { source: input.source }),
    fill:
      input.fill &&
      (async (tree, watch) => {
        const hoisted = await input.fill?.(tree, watch);
        announce();
        return hoisted;
      }),
    onProgress: (progress) => options.onEvent?.({ kind: "importing", subject, ...progress }),
  });
  return { manifest: staged.manifest, staged, requested: input.requested };
}
