import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BuildGraph, PlannedPackage } from "../../build/build-plan.ts";
import type { BuildSource } from "../../build/build-sources.ts";
import { placeSource } from "../../build/place-source.ts";
import type { PreparedBuild } from "../../build/prepare-build.ts";
import { StoreError } from "../../errors.ts";
import { BUILD_SUPPORT } from "../../model/build-support.ts";
import { fromText } from "../../model/byte-string.ts";
import type { Json } from "../../model/canonical-json.ts";
import {
  compareDerivations,
  type DerivationDifference,
  type DerivationSource,
  derivationKey,
} from "../../model/derivation.ts";
import { type BaseName, baseNameOf, ZERO_DIGEST } from "../../model/ids.ts";
import { platformOf } from "../../model/recipe/platform.ts";
import { unfillText } from "../../model/recipe/unfill-text.ts";
import {
  onHost,
  parseRepro,
  REPRO_FILE,
  REPRO_NEEDS,
  REPRO_OBJECTS,
  REPRO_SOURCES,
  type Repro,
  withInputs,
} from "../../model/repro.ts";
import { readDirectoryContent } from "../../sources/directory-content.ts";
import { hashFile } from "../../sources/hash-file.ts";
import { parseIntegrity, toContentHash } from "../../sources/integrity.ts";
import type { Store } from "../../store/open-store.ts";
import { extractArchive, GZIP_RATIO } from "../../system/archive/extract-archive.ts";
import { importObjects } from "../archives/import-objects.ts";
import { DEFAULT_LIMITS } from "../packages/stage-package.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import type { BuiltPackage } from "./build.ts";
import type { BuildSettings } from "./build-settings.ts";
import { realiseGraph } from "./realise-graph.ts";
import { wantedOutputs } from "./wanted-outputs.ts";

export interface ReproducedBuild extends BuiltPackage {
  /** What came out where the file was packed; null when it was not built there, or inputs have other names here. */
  readonly expected: BaseName | null;
  /** Whether the same came out here; null when nothing is expected. */
  readonly same: boolean | null;
  /** In what the tools of this machine differ from those that the file tells of. */
  readonly hostDifferences: readonly DerivationDifference[];
}

/**
 * Carries out a build that was packed by `packRepro`, here: needs no recipe and no network. Its inputs become objects of
 * this store.
 * @throws StoreError ARCHIVE, INTEGRITY, UNSUPPORTED for another platform or width, BUILD_FAILED
 */
export async function buildRepro(
  store: Store,
  request: BuildSettings & { readonly file: string },
  run: RunOptions = {},
): Promise<ReproducedBuild> {
  using workspace = openWorkspace(store);
  const file = resolve(request.cwd, request.file);
  const tree = join(workspace.room().path, "repro");
  mkdirSync(tree);
  run.onEvent?.({ kind: "step", step: "extract", subject: file });
  const limits = { ...DEFAULT_LIMITS, maxRatio: GZIP_RATIO };
  await extractArchive(file, tree, { strip: 0, limits, ...(run.signal && { signal: run.signal }) });
  const renamed = new Map<BaseName, BaseName>();
  const rebuilding = { request, file, workspace, run, renamed };
  const needs = join(tree, REPRO_NEEDS);
  for (let number = 0; existsSync(join(needs, String(number))); number++) {
    const inside = join(needs, String(number));
    const { output } = parseRepro(readEntry(inside, file), file);
    const { baseName } = await buildTree(store, inside, rebuilding);
    if (output !== undefined && output !== baseName) renamed.set(output, baseName);
  }
  return await buildTree(store, tree, rebuilding);
}

interface Rebuilding {
  readonly request: BuildSettings;
  readonly file: string;
  readonly workspace: Workspace;
  readonly run: RunOptions;
  /** Inputs that were built before and have another name here, since tools or root differ. */
  readonly renamed: ReadonlyMap<BaseName, BaseName>;
}

async function buildTree(store: Store, tree: string, rebuilding: Rebuilding): Promise<ReproducedBuild> {
  const { request, file, workspace, run, renamed } = rebuilding;
  const packed = parseRepro(readEntry(tree, file), file);
  checkPlace(store, packed, file);
  const repro = withInputs(packed, renamed);
  const sources = await sourcesIn(tree, repro, file);
  await importInputs(store, tree, { ...run, cwd: tree });
  await workspace.lease.hold(repro.inputs.map(({ path }) => path));
  let hostDifferences: readonly DerivationDifference[] = [];
  const prepare = (_planned: PlannedPackage, host: Json): PreparedBuild => {
    const derivation = onHost(repro.derivation, host, BUILD_SUPPORT);
    hostDifferences = compareDerivations(repro.derivation, derivation);
    return { derivation, key: derivationKey(derivation), inputs: repro.inputs, sources };
  };
  const graph = graphOf(store, repro, tree);
  const results = await realiseGraph(store, graph, { ...run, request, workspace, prepare });
  const [built] = wantedOutputs(store, graph, results) as [BuiltPackage];
  // Where an input has another name, whatever mentions it is another object.
  const expected = renamed.size > 0 ? null : (repro.output ?? null);
  return { ...built, expected, same: expected === null ? null : expected === built.baseName, hostDifferences };
}

function readEntry(tree: string, file: string): string {
  const path = join(tree, REPRO_FILE);
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) return readFileSync(path, "utf8");
  throw new StoreError("INVALID_INPUT", `${file} is no packed build: there is no ${REPRO_FILE} in it`, {
    hint: "`store repro NAME` packs one; `store add` and `store install` take other archives.",
    details: { file },
  });
}

function checkPlace({ layout }: Store, { width, derivation }: Repro, file: string): void {
  const { os, arch } = platformOf({ platform: process.platform, arch: process.arch });
  if (derivation.platform !== `${os}-${arch}`) {
    throw new StoreError("UNSUPPORTED", `${file} is for ${derivation.platform}, and this machine is ${os}-${arch}`, {
      hint: "Build it on such a machine.",
      details: { file, platform: derivation.platform },
    });
  }
  if (width === layout.width) return;
  throw new StoreError("UNSUPPORTED", `${file} was packed in a store of width ${width}; this one has ${layout.width}`, {
    hint: `Build it in a store that was made with \`store init --width ${width}\`.`,
    details: { file, width, storeWidth: layout.width },
  });
}

async function importInputs(store: Store, tree: string, run: RunOptions & { readonly cwd: string }): Promise<void> {
  const directory = join(tree, REPRO_OBJECTS);
  const present = lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(directory) : [];
  const files = present.map((name) => join(directory, name));
  if (files.length > 0) await importObjects(store, { files, cwd: run.cwd }, run);
}

/** @throws StoreError INTEGRITY when a source is not what the derivation says */
async function sourcesIn(tree: string, { derivation }: Repro, file: string): Promise<BuildSource[]> {
  const all = [...derivation.sources, ...derivation.patches];
  for (const source of all) {
    if (await isAsSaid(join(tree, REPRO_SOURCES, source.fileName), source)) continue;
    throw new StoreError("INTEGRITY", `${file}: the source ${source.fileName} is not what its derivation says`, {
      hint: "The file is damaged or was changed. Get it again.",
      details: { file, ...source },
    });
  }
  return all.map((source) => ({
    ...source,
    request: undefined,
    place: async (directory) =>
      placeSource(fromText(join(tree, REPRO_SOURCES, source.fileName)), join(directory, source.fileName)),
  }));
}

async function isAsSaid(path: string, { content, executable }: DerivationSource): Promise<boolean> {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (content.startsWith("tree:")) {
    return status?.isDirectory() === true && `tree:${(await readDirectoryContent(fromText(path))).treeId}` === content;
  }
  const { algorithm, hex } = toContentHash(parseIntegrity(content));
  if (status?.isFile() !== true || ((status.mode & 0o111) !== 0) !== (executable === true)) return false;
  return (await hashFile(path, algorithm)).hex.get(algorithm) === hex;
}

/** A graph of this one build, whose inputs are there. The recipe holds what a build looks at. */
function graphOf({ layout }: Store, repro: Repro, tree: string): BuildGraph {
  const { derivation, id, timeout, silentTimeout } = repro;
  const { name, version, options, references, addressing } = derivation;
  const at = (path: string): string => `${layout.canonicalStoreDir}/${path}`;
  const dependencies = new Map(repro.inputs.map((input) => [input.name as string, at(input.path)]));
  const paths = { dependencies, out: at(baseNameOf(ZERO_DIGEST, name, version)) };
  const unfilled = <K extends string>(texts: Readonly<Partial<Record<K, string>>>) =>
    Object.fromEntries(
      Object.entries<string>(texts as Record<string, string>).map(([key, text]) => [key, unfillText(text, paths)]),
    );
  const planned: PlannedPackage = {
    id,
    name,
    version,
    recipe: {
      name,
      version,
      metadata: {},
      platform: platformOf({ platform: process.platform, arch: process.arch }),
      options,
      sources: [],
      patches: [],
      dependencies: [],
      build: "script",
      env: unfilled(derivation.env),
      phases: unfilled(derivation.phases),
      references,
      addressing,
      ...(timeout !== undefined && { timeout }),
      ...(silentTimeout !== undefined && { silentTimeout }),
    },
    recipeFiles: [],
    recipeDirectory: tree,
    files: new Map(),
    dependencies: [],
  };
  return { packages: new Map([[id, planned]]), wanted: [id] };
}
