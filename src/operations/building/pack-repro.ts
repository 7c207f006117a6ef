import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { buildEnvironment } from "../../build/build-environment.ts";
import type { PlannedPackage } from "../../build/build-plan.ts";
import { fillText, type TextPaths } from "../../build/fill-text.ts";
import { inspectGraph, type Standing } from "../../build/inspect-graph.ts";
import { baseEnvironment } from "../../build/sandbox/environment.ts";
import { findHostToolchain } from "../../build/sandbox/host-toolchain.ts";
import { StoreError } from "../../errors.ts";
import { withReferences } from "../../model/closure.ts";
import { type BaseName, baseNameOf, parseProfileName, ZERO_DIGEST } from "../../model/ids.ts";
import {
  printRepro,
  REPRO_FILE,
  REPRO_LOG,
  REPRO_NEEDS,
  REPRO_OBJECTS,
  REPRO_SOURCES,
  type Repro,
  reproFileName,
} from "../../model/repro.ts";
import { buildLogPath } from "../../store/builds.ts";
import { objectPath } from "../../store/layout.ts";
import { readManifest } from "../../store/manifests.ts";
import type { Store } from "../../store/open-store.ts";
import { treeMembers } from "../../system/archive/tar/tree-members.ts";
import { writeTar } from "../../system/archive/tar/write-tar.ts";
import { outputPlace, sweepOutputs, writeOutput } from "../../system/output-place.ts";
import { exportObjects } from "../archives/export-objects.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { type BuildRequest, planBuild } from "./build.ts";
import { openInspection } from "./inspect-build.ts";

export interface ReproRequest extends Omit<BuildRequest, "specs"> {
  readonly spec: string;
  /** Default: `<name>-<version>.repro.tar.gz` in `cwd`. */
  readonly output?: string | undefined;
}

export interface PackedRepro {
  /** Absolute path of the file. */
  readonly file: string;
  readonly id: string;
  readonly key: string;
  /** Bytes of the file. */
  readonly size: number;
}

type Ready = Exclude<Standing, { state: "open" }>;

/**
 * Packs the build of one package, built or not, as the recipes are now: derivation, sources, inputs with all that they
 * need, environment, and the log of the last build. Of inputs that cannot be moved the build is packed, too. The file is
 * whole or absent; a device or a FIFO is written into.
 * @throws StoreError NOT_FOUND when inputs are not built yet; UNSUPPORTED when one cannot be moved or built elsewhere
 */
export async function packRepro(store: Store, request: ReproRequest, run: RunOptions = {}): Promise<PackedRepro> {
  using setting = await openInspection(store, request, run);
  using workspace = openWorkspace(store);
  const graph = planBuild({ ...request, specs: [request.spec] });
  const standings = await inspectGraph(store, graph, setting);
  const standing = standings.get(graph.wanted[0] as string) as Standing;
  if (standing.state === "open") throw notBuilt(standing);
  const file = resolve(request.cwd, request.output ?? reproFileName(standing.planned));
  const place = outputPlace(file);
  const needs = buildsOfFixed(store, standing, standings);
  const tree = workspace.room().path;
  await fillTree(store, standing, { tree, run });
  for (const [number, need] of needs.entries()) {
    const inside = join(tree, REPRO_NEEDS, String(number));
    mkdirSync(inside, { recursive: true });
    await fillTree(store, need, { tree: inside, run });
  }
  sweepOutputs([place]);
  const tar = Readable.from(writeTar(treeMembers(tree)));
  const size = await writeOutput(place, tar, { transforms: [createGzip()], signal: run.signal });
  return { file, id: standing.planned.id, key: standing.prepared.key, size };
}

/** What a build needs of the store, each object behind those that it needs itself. */
interface Needed {
  readonly movable: readonly BaseName[];
  /** They are named by their derivation, and cannot be moved to other stores. */
  readonly fixed: readonly BaseName[];
}

function neededBy(store: Store, { prepared }: Ready): Needed {
  const inputs = prepared.inputs.map(({ path }) => path);
  const all = withReferences(inputs, (path) => readManifest(store, path).references);
  const isFixed = (path: BaseName) => readManifest(store, path).addressing === "input";
  return { movable: all.filter((path) => !isFixed(path)), fixed: all.filter(isFixed) };
}

/**
 * The builds of all that cannot be moved, each behind those that it needs: they are carried out elsewhere, too.
 * @throws StoreError UNSUPPORTED when it is not known how such an object was built
 */
function buildsOfFixed(store: Store, standing: Ready, standings: ReadonlyMap<string, Standing>): readonly Ready[] {
  const found = new Map<BaseName, Ready>();
  const visit = (needing: Ready): void => {
    for (const path of neededBy(store, needing).fixed) {
      if (found.has(path)) continue;
      const made = [...standings.values()].find((each) => each.state === "present" && each.record.output === path);
      if (made?.state !== "present") throw unknownBuild(store, needing, path);
      visit(made);
      found.set(path, made);
    }
  };
  visit(standing);
  return [...found.values()];
}

function unknownBuild(store: Store, { planned: { id } }: Ready, fixed: BaseName): StoreError {
  const { name } = readManifest(store, fixed);
  return new StoreError(
    "UNSUPPORTED",
    `${id} cannot be packed: ${fixed}, which it needs, cannot be moved, and the recipes do not tell how it is built`,
    {
      hint: `The recipe of ${name} says \`addressing: input\`. Build ${name} with the recipes of now, then ${id}.`,
      details: { id, input: fixed },
    },
  );
}

async function fillTree(
  store: Store,
  standing: Ready,
  { tree, run }: { readonly tree: string; readonly run: RunOptions },
): Promise<void> {
  const { planned, prepared } = standing;
  writeFileSync(join(tree, REPRO_FILE), printRepro(reproOf(store, standing)));
  const log = buildLogPath(store, prepared.key);
  if (existsSync(log)) copyFileSync(log, join(tree, REPRO_LOG));
  for (const directory of [REPRO_SOURCES, REPRO_OBJECTS]) mkdirSync(join(tree, directory));
  for (const source of prepared.sources) await source.place(join(tree, REPRO_SOURCES));
  const place = { cwd: tree, output: `${REPRO_OBJECTS}/`, profile: parseProfileName("default") };
  run.onEvent?.({ kind: "step", step: "export", subject: planned.id });
  await exportObjects(store, { what: neededBy(store, standing).movable, ...place }, run);
}

function reproOf(store: Store, standing: Ready): Repro {
  const { planned, prepared } = standing;
  const { key, derivation, inputs } = prepared;
  const { timeout, silentTimeout } = planned.recipe;
  const output = standing.state === "present" ? standing.record.output : undefined;
  const environment = canonicalEnvironment(store, planned, prepared);
  const { width } = store.layout;
  return { id: planned.id, width, derivation, key, inputs, environment, output, timeout, silentTimeout };
}

/** The variables of the build as a store at `/store` would give them. */
function canonicalEnvironment(store: Store, planned: PlannedPackage, { derivation, inputs }: Ready["prepared"]) {
  const { canonicalStoreDir } = store.layout;
  const input = (path: (typeof inputs)[number]["path"]) => ({
    here: objectPath(store.layout, path),
    seen: `${canonicalStoreDir}/${path}`,
  });
  const paths: TextPaths = {
    dependencies: new Map(inputs.map(({ name, path }) => [name, input(path).seen])),
    out: `${canonicalStoreDir}/${baseNameOf(ZERO_DIGEST, derivation.name, derivation.version)}`,
  };
  const environment = baseEnvironment(findHostToolchain(store.context.env.PATH ?? "").path);
  const place = {
    paths,
    input,
    environment,
    source: "/source",
    fill: (text: Parameters<typeof fillText>[0]) => fillText(text, paths),
  };
  return buildEnvironment({ planned, derivation, inputs, jobs: 1 }, place);
}

function notBuilt({ planned: { id }, waitsFor }: Extract<Standing, { state: "open" }>): StoreError {
  return new StoreError("NOT_FOUND", `${id} cannot be packed before ${waitsFor.join(", ")} is built`, {
    hint: "Its inputs are packed along: build them first.",
    details: { id, waitsFor },
  });
}
