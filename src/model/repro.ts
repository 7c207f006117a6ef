import { StoreError } from "../errors.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";
import { type Derivation, type DerivationInput, type DerivationKey, derivationKey } from "./derivation.ts";
import { type BaseName, parseBaseName, parsePackageName, parsePackageVersion } from "./ids.ts";
import { isJsonObject, parseJsonObject, readRecord } from "./json-object.ts";
import { PHASES } from "./recipe.ts";

/** One build as a file: what another store needs to carry it out, beside sources and objects that lie in the same file. */
export interface Repro {
  /** `name@version+option`. */
  readonly id: string;
  /** Of the storeDir that the derivation's texts mention. */
  readonly width: number;
  readonly derivation: Derivation;
  readonly key: DerivationKey;
  /** What the build sees: the inputs of the derivation, and those that are no part of its key. */
  readonly inputs: readonly DerivationInput[];
  /** All variables as the build sees them in a store at `/store`: for people, and for whoever has no store. */
  readonly environment: Readonly<Record<string, string>>;
  /** What came out where it was packed; absent when it was not built there. */
  readonly output: BaseName | undefined;
  readonly timeout: number | undefined;
  readonly silentTimeout: number | undefined;
}

/** The entries of such a file. */
export const REPRO_FILE = "repro.json";
/** What the build finds in `$src`. */
export const REPRO_SOURCES = "source";
/** Packed objects: the inputs and all that they need. */
export const REPRO_OBJECTS = "objects";
/**
 * Builds of inputs that cannot be packed as objects, since they are named by their derivation: directories `0`, `1` … with
 * the same entries but this, each before those that need it.
 */
export const REPRO_NEEDS = "needs";
/** What the last build said, when there was one. */
export const REPRO_LOG = "build.log.gz";

const REPRO_ENDING = ".repro.tar.gz";
const REPRO_FORMAT = 1;

export function reproFileName({ name, version }: Pick<Derivation, "name" | "version">): string {
  return `${name}-${version}${REPRO_ENDING}`;
}

export function isReproFileName(text: string): boolean {
  return text.endsWith(REPRO_ENDING);
}

export function printRepro(repro: Repro): string {
  return `${JSON.stringify({ format: REPRO_FORMAT, ...repro }, null, 2)}\n`;
}

/** @throws StoreError INVALID_INPUT, NEWER_FORMAT */
export function parseRepro(text: string, source: string): Repro {
  try {
    return readRepro(text, source);
  } catch (error) {
    // What is damaged is the file, and no store.
    if (error instanceof StoreError && error.code === "DAMAGED") throw wrong(source, error.message);
    throw error;
  }
}

function readRepro(text: string, source: string): Repro {
  const { derivation, inputs, environment, ...members } = parseJsonObject(text, source);
  const record = readRecord(members, source, REPRO_FORMAT);
  const key = record.text("key") as DerivationKey;
  const parsed = parseDerivation(derivation, source);
  if (derivationKey(parsed) !== key) throw wrong(source, "its derivation is not the one that its key says");
  const output = record.optionalText("output");
  return {
    id: record.text("id"),
    width: record.count("width"),
    derivation: parsed,
    key,
    inputs: parseInputs(inputs, source),
    environment: isTexts(environment) ? environment : {},
    output: output === undefined ? undefined : parseBaseName(output),
    timeout: record.optionalCount("timeout"),
    silentTimeout: record.optionalCount("silentTimeout"),
  };
}

/** A derivation from outside, as far as a build relies on it. Its key tells whether the rest is what was packed. */
function parseDerivation(value: unknown, source: string): Derivation {
  if (!isJsonObject(value) || value.format !== 1) throw wrong(source, "it has no derivation");
  const { name, version, phases, env, options, references } = value;
  parsePackageName(String(name));
  parsePackageVersion(String(version));
  parseInputs(value.inputs, source);
  for (const list of [value.sources, value.patches]) checkSources(list, source);
  const isPhases = isTexts(phases) && Object.keys(phases).every((phase) => PHASES.some((known) => known === phase));
  if (!isPhases || !isTexts(env) || !isJsonObject(options)) throw wrong(source, "its phases or variables are no texts");
  const isRule = isJsonObject(references) && Array.isArray(references.disallow);
  if (!isRule || (value.addressing !== "content" && value.addressing !== "input"))
    throw wrong(source, "references or addressing is missing");
  return value as unknown as Derivation;
}

function parseInputs(value: unknown, source: string): readonly DerivationInput[] {
  if (!Array.isArray(value)) throw wrong(source, "inputs is no list");
  return value.map((input) => {
    if (!isJsonObject(input) || !Array.isArray(input.kinds)) throw wrong(source, "an input is none");
    const [name, path] = [parsePackageName(String(input.name)), parseBaseName(String(input.path))];
    return { name, kinds: input.kinds as DerivationInput["kinds"], path };
  });
}

/** Sources are laid into a directory by these names. */
function checkSources(value: unknown, source: string): void {
  if (!Array.isArray(value)) throw wrong(source, "sources or patches is no list");
  for (const item of value) {
    const { fileName, content } = isJsonObject(item) ? item : {};
    const segments = typeof fileName === "string" ? fileName.split("/") : [""];
    const isInside = segments.every((segment) => !["", ".", ".."].includes(segment) && !segment.includes("\0"));
    if (!isInside || typeof content !== "string") throw wrong(source, `'${String(fileName)}' is no name of a source`);
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every((each) => typeof each === "string");
}

function wrong(source: string, reason: string): StoreError {
  return new StoreError("INVALID_INPUT", `${source} cannot be built: ${reason}`, {
    hint: "Pack it again with `store repro`.",
    details: { file: source },
  });
}

/** The derivation as this machine builds it: with its own tools. */
export function onHost(derivation: Derivation, host: Json, support: number): Derivation {
  return JSON.parse(canonicalJson({ ...derivation, host, support } as unknown as Json)) as Derivation;
}

/** The build with other names for some of its inputs. */
export function withInputs(repro: Repro, names: ReadonlyMap<BaseName, BaseName>): Repro {
  let text = JSON.stringify({ derivation: repro.derivation, inputs: repro.inputs });
  for (const [from, to] of names) text = text.replaceAll(from, to);
  return { ...repro, ...(JSON.parse(text) as Pick<Repro, "derivation" | "inputs">) };
}
