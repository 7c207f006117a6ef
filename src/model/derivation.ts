import { canonicalJson, canonicalSum, type Json } from "./canonical-json.ts";
import type { OptionValue } from "./generation.ts";
import type { BaseName, PackageName, PackageVersion } from "./ids.ts";
import { isJsonObject } from "./json-object.ts";
import type { DependencyKind, Phase } from "./recipe.ts";

/** `sha256` of a derivation's canonical JSON, 64 lower-case hexadecimal digits. */
export type DerivationKey = string & { readonly __brand: "DerivationKey" };

/** Everything that decides what a build produces, and nothing else: no URL, no job count, no path of this machine. */
export interface Derivation {
  readonly format: 1;
  readonly name: PackageName;
  readonly version: PackageVersion;
  /** `linux-x86_64`. */
  readonly platform: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** In the order of the recipe. */
  readonly sources: readonly DerivationSource[];
  readonly patches: readonly DerivationSource[];
  /** Shell text with the canonical paths of inputs and output. */
  readonly phases: Readonly<Partial<Record<Phase, string>>>;
  readonly env: Readonly<Record<string, string>>;
  /** Sorted by name. */
  readonly inputs: readonly DerivationInput[];
  /** Fingerprint of the host's tools. */
  readonly host: Json;
  readonly support: number;
  readonly addressing: "content" | "input";
  readonly references: { readonly allow?: readonly string[]; readonly disallow: readonly string[] };
}

export interface DerivationSource {
  /** Where the phases find it in `$src`. */
  readonly fileName: string;
  /** Of a file its sum as Subresource Integrity; of a directory, and of the files of a commit, `tree:` and the tree id. */
  readonly content: string;
  /** Whether a file beside the recipe can be executed; a tree id tells that of its files itself. */
  readonly executable?: true;
}

export interface DerivationInput {
  readonly name: PackageName;
  /** `through`: not asked for by the recipe, but by the libraries that it links. */
  readonly kinds: readonly (DependencyKind | "through")[];
  readonly path: BaseName;
}

export function derivationKey(derivation: Derivation): DerivationKey {
  return canonicalSum(derivation as unknown as Json) as DerivationKey;
}

/** RFC 8785 text: what is hashed. */
export function printDerivation(derivation: Derivation): string {
  return canonicalJson(derivation as unknown as Json);
}

/** One thing in which two derivations differ. */
export interface DerivationDifference {
  /** `inputs.gmp`, `phases.build`, `sources.mpfr-4.2.tar.xz`; `sources` alone stands for their order. */
  readonly member: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/**
 * In what two derivations of a package differ; empty when their keys are equal. A text that mentions another path of an
 * input that differs, and is the same otherwise, is not told on top of the input.
 */
export function compareDerivations(before: Derivation, after: Derivation): DerivationDifference[] {
  const [left, right, renamed] = [before, after, withInputsOf(after, before)].map(membersOf) as [
    Members,
    Members,
    Members,
  ];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names
    .filter((member) => textOf(renamed.get(member)) !== textOf(right.get(member)))
    .map((member) => ({ member, before: left.get(member), after: right.get(member) }));
}

type Members = ReadonlyMap<string, Json>;

/** A derivation whose phases and variables mention the inputs of the other one where both have an input of a name. */
function withInputsOf(other: Derivation, derivation: Derivation): Derivation {
  let text = canonicalJson({ phases: derivation.phases, env: derivation.env } as Json);
  for (const { name, path } of other.inputs) {
    const old = derivation.inputs.find((input) => input.name === name)?.path;
    if (old !== undefined) text = text.replaceAll(old, path);
  }
  return { ...derivation, ...(JSON.parse(text) as Pick<Derivation, "phases" | "env">) };
}

function membersOf(derivation: Derivation): Members {
  const { inputs, phases, env, options, sources, patches, host, ...rest } = derivation;
  return new Map<string, Json>([
    ...(Object.entries(rest) as [string, Json][]),
    ...Object.entries(isJsonObject(host) ? host : { host }).map(
      ([name, value]) => [`host.${name}`, value as Json] as const,
    ),
    ...sourcesOf("sources", sources),
    ...sourcesOf("patches", patches),
    ...inputs.map((input) => [`inputs.${input.name}`, input as unknown as Json] as const),
    ...Object.entries(phases).map(([name, text]) => [`phases.${name}`, text] as const),
    ...Object.entries(env).map(([name, value]) => [`env.${name}`, value] as const),
    ...Object.entries(options).map(([name, value]) => [`options.${name}`, value] as const),
  ]);
}

function sourcesOf(kind: "sources" | "patches", list: readonly DerivationSource[]): (readonly [string, Json])[] {
  return [
    [kind, list.map(({ fileName }) => fileName)],
    ...list.map((source) => [`${kind}.${source.fileName}`, contentText(source)] as const),
  ];
}

/** All that tells a source from another one, whatever it is called. */
export function contentText({ content, executable }: DerivationSource): string {
  return executable ? `${content} executable` : content;
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}
