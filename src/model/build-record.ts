import type { Derivation, DerivationKey } from "./derivation.ts";
import { type BaseName, parseBaseName } from "./ids.ts";
import { damagedRecord, isJsonObject, parseJsonObject, readRecord } from "./json-object.ts";

/** What is kept of a successful build; its presence maps the derivation key to the output. */
export interface BuildRecord {
  readonly key: DerivationKey;
  readonly output: BaseName;
  readonly derivation: Derivation;
  /** UTC, RFC 3339. */
  readonly started: string;
  readonly seconds: number;
  /** Seconds of each phase that ran, in order. */
  readonly phases: Readonly<Record<string, number>>;
  readonly peakMemoryBytes: number | undefined;
  readonly sandboxed: boolean;
  readonly unknown: Readonly<Record<string, unknown>>;
}

const BUILD_FORMAT = 1;

export function printBuildRecord(record: BuildRecord): string {
  const { unknown, ...known } = record;
  return `${JSON.stringify({ format: BUILD_FORMAT, ...known, ...unknown })}\n`;
}

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function parseBuildRecord(text: string, source: string): BuildRecord {
  const { derivation, seconds, phases, sandboxed, ...members } = parseJsonObject(text, source);
  const record = readRecord(members, source, BUILD_FORMAT);
  if (!isJsonObject(derivation) || !isJsonObject(phases) || typeof seconds !== "number") {
    throw damagedRecord(source, "derivation, phases or seconds is missing");
  }
  return {
    key: record.text("key") as DerivationKey,
    output: parseBaseName(record.text("output")),
    derivation: derivation as unknown as Derivation,
    started: record.text("started"),
    seconds,
    phases: phases as Record<string, number>,
    peakMemoryBytes: record.optionalCount("peakMemoryBytes"),
    sandboxed: sandboxed === true,
    unknown: record.rest(),
  };
}
