import { BUILD_SUPPORT } from "../model/build-support.ts";
import type { Json } from "../model/canonical-json.ts";
import type { Derivation, DerivationInput, DerivationSource } from "../model/derivation.ts";
import { baseNameOf, ZERO_DIGEST } from "../model/ids.ts";
import { PHASES, type Phase } from "../model/recipe.ts";
import type { PlannedPackage } from "./build-plan.ts";
import type { BuildSource } from "./build-sources.ts";
import { fillText, type TextPaths } from "./fill-text.ts";

export interface DeriveInput {
  readonly planned: PlannedPackage;
  readonly sources: readonly BuildSource[];
  readonly patches: readonly BuildSource[];
  readonly inputs: readonly DerivationInput[];
  /** RFC 8785 value of the host's fingerprint. */
  readonly host: Json;
  readonly canonicalStoreDir: string;
}

/** The derivation of a package whose inputs are known. Its texts hold canonical paths: they are the same everywhere. */
export function derive({ planned, sources, patches, inputs, host, canonicalStoreDir }: DeriveInput): Derivation {
  const { recipe } = planned;
  const paths: TextPaths = {
    dependencies: new Map(inputs.map(({ name, path }) => [name, `${canonicalStoreDir}/${path}`])),
    out: `${canonicalStoreDir}/${baseNameOf(ZERO_DIGEST, planned.name, planned.version)}`,
  };
  return {
    format: 1,
    name: planned.name,
    version: planned.version,
    platform: `${recipe.platform.os}-${recipe.platform.arch}`,
    options: recipe.options,
    sources: sources.map(describeSource),
    patches: patches.map(describeSource),
    phases: filledPhases(planned, paths),
    env: Object.fromEntries(Object.entries(recipe.env).map(([name, text]) => [name, fillText(text, paths)])),
    inputs,
    host,
    support: BUILD_SUPPORT,
    addressing: recipe.addressing,
    references: recipe.references,
  };
}

function describeSource({ fileName, content, executable }: DerivationSource): DerivationSource {
  return { fileName, content, ...(executable && { executable }) };
}

/** The shell texts of a build that sees its inputs and its output at these paths. */
export function filledPhases({ recipe }: PlannedPackage, paths: TextPaths): Partial<Record<Phase, string>> {
  const phases: Partial<Record<Phase, string>> = {};
  for (const phase of PHASES) {
    const text = recipe.phases[phase];
    if (text) phases[phase] = fillText(text, paths);
  }
  return phases;
}
