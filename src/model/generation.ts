import { StoreError } from "../errors.ts";
import {
  type BaseName,
  type GenerationNumber,
  isBaseName,
  isPackageName,
  isPackageVersion,
  type PackageName,
  type PackageVersion,
  type ProfileName,
  parseBaseName,
  parseGenerationNumber,
  parsePackageName,
  parsePackageVersion,
  parseProfileName,
} from "./ids.ts";
import {
  damagedRecord,
  isCount,
  isJsonObject,
  NOTHING,
  parsedText,
  parseJsonObject,
  readRecord,
  recordReader,
} from "./json-object.ts";

/** Value of an option as it was chosen for a build. */
export type OptionValue = boolean | string;

/** One package of a generation. */
export interface InstalledPackage {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** The base name of its object. */
  readonly path: BaseName;
  /** The lower number wins where two packages provide the same path; 5 unless chosen. */
  readonly priority: number;
  /** The SPEC that the package was asked for with: what `upgrade` looks at again. */
  readonly requested: string;
  readonly unknown: Readonly<Record<string, unknown>>;
}

export const DEFAULT_PRIORITY = 5;

/** One immutable state of a profile: enough to build its forest again. */
export interface Generation {
  readonly generation: GenerationNumber;
  readonly profile: ProfileName;
  /** UTC, RFC 3339. */
  readonly created: string;
  /** The generation it was made from; absent for 0. */
  readonly parent: GenerationNumber | undefined;
  /** What was asked for, in words: `install zlib`. */
  readonly reason: string;
  /** Number of the transaction that made it; 0 for the empty generation. */
  readonly transaction: number;
  /** The link forest, a store object. */
  readonly path: BaseName;
  /** Sorted by name. */
  readonly packages: readonly InstalledPackage[];
  /** What the packages need besides each other, so that a switch need not read their manifests; absent: not recorded. */
  readonly closure?: readonly BaseName[];
  readonly unknown: Readonly<Record<string, unknown>>;
}

const GENERATION_FORMAT = 1;

/**
 * The text of a record. Nothing is printed that could not be read again: a profile whose live generation is unreadable
 * takes no change any more.
 * @throws StoreError FAILED
 */
export function printGeneration(generation: Generation): string {
  const { unknown, packages, ...known } = generation;
  const members = { format: GENERATION_FORMAT, ...known, packages: packages.map(packageToJson), ...unknown };
  checkReadable(members, `the record of gen-${generation.generation}`);
  return `${JSON.stringify(members, null, 1)}\n`;
}

/** Before it is text: to print and parse a thousand packages would take several times as long. */
function checkReadable(members: Readonly<Record<string, unknown>>, source: string): void {
  try {
    generationFrom(members, source);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new StoreError("FAILED", `${source} is not written, since it could not be read again: ${cause.message}`, {
      hint: "This is a mistake in store, or in the program that uses it as a library. The profile is as it was.",
      cause,
    });
  }
}

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function parseGeneration(text: string, source: string): Generation {
  return generationFrom(parseJsonObject(text, source), source);
}

function generationFrom(members: Readonly<Record<string, unknown>>, source: string): Generation {
  const record = readRecord(members, source, GENERATION_FORMAT);
  const parent = record.optionalCount("parent");
  const closure = parseClosure(record.value("closure"), source);
  const packages = record.list("packages").map((item) => parseInstalledPackage(item, source));
  return {
    generation: parseGenerationNumber(record.count("generation")),
    profile: record.parsed("profile", parseProfileName),
    created: record.text("created"),
    parent: parent === undefined ? undefined : parseGenerationNumber(parent),
    reason: record.text("reason"),
    transaction: record.count("transaction"),
    path: record.parsed("path", parseBaseName),
    packages,
    ...(closure !== undefined && { closure }),
    unknown: record.rest(),
  };
}

function parseClosure(value: unknown, source: string): BaseName[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw damagedRecord(source, "closure is not a list");
  return value.map((item) => parsedText(item, parseBaseName, { source, member: "closure" }));
}

/** One package as it stands in generation records and in the log. */
export function packageToJson(item: InstalledPackage): Readonly<Record<string, unknown>> {
  const { unknown, ...known } = item;
  return { ...known, ...unknown };
}

/** @throws StoreError DAMAGED */
export function parseInstalledPackage(value: unknown, source: string): InstalledPackage {
  if (!isJsonObject(value)) throw damagedRecord(source, "a package is not a JSON object");
  return packageAsWritten(value) ?? readPackage(value, source);
}

/** One with the members that this version writes, and no others: a profile can have thousands. */
function packageAsWritten(value: Readonly<Record<string, unknown>>): InstalledPackage | undefined {
  const { name, version, options, path, priority, requested } = value;
  let members = 0;
  for (const _member in value) members += 1;
  if (members !== 6 || typeof requested !== "string" || !isCount(priority) || !areOptions(options)) return undefined;
  if (!isPackageName(name) || !isPackageVersion(version) || typeof path !== "string" || !isBaseName(path))
    return undefined;
  return { name, version, options, path, priority, requested, unknown: NOTHING };
}

function readPackage(value: Readonly<Record<string, unknown>>, source: string): InstalledPackage {
  const record = recordReader(value, source);
  return {
    name: record.parsed("name", parsePackageName),
    version: record.parsed("version", parsePackageVersion),
    options: parseOptions(record.value("options"), source),
    path: record.parsed("path", parseBaseName),
    priority: record.optionalCount("priority") ?? DEFAULT_PRIORITY,
    requested: record.optionalText("requested") ?? record.text("name"),
    unknown: record.rest(),
  };
}

function parseOptions(value: unknown, source: string): InstalledPackage["options"] {
  if (value === undefined) return {};
  if (areOptions(value)) return value;
  throw damagedRecord(source, "the options of a package are not choices by name");
}

function areOptions(value: unknown): value is InstalledPackage["options"] {
  return isJsonObject(value) && Object.values(value).every(isOptionValue);
}

function isOptionValue(value: unknown): value is OptionValue {
  return typeof value === "boolean" || typeof value === "string";
}
