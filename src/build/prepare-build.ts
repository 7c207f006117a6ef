import type { Json } from "../model/canonical-json.ts";
import { type Derivation, type DerivationInput, type DerivationKey, derivationKey } from "../model/derivation.ts";
import type { BaseName } from "../model/ids.ts";
import type { Store } from "../store/open-store.ts";
import type { PlannedDependency, PlannedPackage } from "./build-plan.ts";
import { type BuildSource, buildPatches, buildSources, type SourcePlaces } from "./build-sources.ts";
import { derive } from "./derive.ts";

/** What the packages of a graph came out as, so far. */
export interface KnownOutputs {
  /** By package id. */
  readonly outputs: Map<string, BaseName>;
  /** The libraries that a package's users must see, too. */
  readonly through: Map<string, readonly DerivationInput[]>;
}

export function noOutputs(): KnownOutputs {
  return { outputs: new Map(), through: new Map() };
}

/** A package whose inputs are known: its derivation and its sources. */
export interface PreparedBuild {
  readonly derivation: Derivation;
  readonly key: DerivationKey;
  /** What the build sees: the inputs of the derivation, and those that are order-only. */
  readonly inputs: readonly DerivationInput[];
  readonly sources: readonly BuildSource[];
}

export interface PrepareBuildOptions {
  readonly places: SourcePlaces;
  readonly host: Json;
  readonly known: KnownOutputs;
}

/** Finds out what building a package means; its dependencies must be among the known outputs. */
export async function prepareBuild(
  store: Store,
  planned: PlannedPackage,
  options: PrepareBuildOptions,
): Promise<PreparedBuild> {
  const keyed = inputsOf(
    planned.dependencies.filter(({ orderOnly }) => !orderOnly),
    options.known,
  );
  const [sources, patches] = await Promise.all([buildSources(planned, options.places), buildPatches(planned)]);
  const { canonicalStoreDir } = store.layout;
  const derivation = derive({ planned, sources, patches, inputs: keyed, host: options.host, canonicalStoreDir });
  const inputs = withOrderOnly(keyed, planned, options.known);
  return { derivation, key: derivationKey(derivation), inputs, sources: [...sources, ...patches] };
}

/** Notes what a package came out as, for those that need it. */
export function noteOutput(
  known: KnownOutputs,
  planned: PlannedPackage,
  prepared: PreparedBuild,
  output: BaseName,
): void {
  known.outputs.set(planned.id, output);
  const libraries = prepared.inputs.filter(({ kinds }) => kinds.includes("link") || kinds.includes("through"));
  known.through.set(planned.id, libraries);
}

/** Packages as inputs, and the libraries that those to link link themselves. Sorted by name. */
function inputsOf(dependencies: readonly PlannedDependency[], known: KnownOutputs): DerivationInput[] {
  const inputs = new Map<string, DerivationInput>();
  for (const { id, name, kinds } of dependencies) {
    inputs.set(name, { name, kinds, path: known.outputs.get(id) as BaseName });
  }
  for (const { id, kinds } of dependencies) {
    if (!kinds.includes("link")) continue;
    for (const { name, path } of known.through.get(id) ?? []) {
      if (!inputs.has(name)) inputs.set(name, { name, kinds: ["through"], path });
    }
  }
  return inOrder(inputs.values());
}

/** Order-only inputs bring what they link along as tools: nothing of it is to be linked into the output. */
function withOrderOnly(
  keyed: readonly DerivationInput[],
  planned: PlannedPackage,
  known: KnownOutputs,
): DerivationInput[] {
  const inputs = new Map(keyed.map((input) => [input.name, input]));
  for (const { id, name, kinds } of planned.dependencies.filter(({ orderOnly }) => orderOnly)) {
    const path = known.outputs.get(id) as BaseName;
    for (const input of [{ name, kinds, path }, ...(known.through.get(id) ?? [])]) {
      if (!inputs.has(input.name)) inputs.set(input.name, { ...input, kinds: ["build"] });
    }
  }
  return inOrder(inputs.values());
}

function inOrder(inputs: Iterable<DerivationInput>): DerivationInput[] {
  return [...inputs].sort((a, b) => (a.name < b.name ? -1 : 1));
}
