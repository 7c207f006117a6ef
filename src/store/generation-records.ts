import { existsSync } from "node:fs";
import { StoreError } from "../errors.ts";
import { type Generation, parseGeneration, printGeneration } from "../model/generation.ts";
import {
  type GenerationDifference,
  type GenerationHead,
  generationDifference,
  generationHead,
  type RecordBytes,
} from "../model/generation-difference.ts";
import type { GenerationNumber, ProfileName } from "../model/ids.ts";
import { damagedRecord } from "../model/json-object.ts";
import { readIfPresent, replaceLink, syncDirectory, writeFileAtomic } from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";
import { generationFile, generationLink, generationTarget, profilePath } from "./layout.ts";
import type { Store } from "./open-store.ts";

/** @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT */
export function readGeneration(store: Store, profile: ProfileName, number: GenerationNumber): Generation {
  return readGenerationRecord(store, profile, number).generation;
}

/** The same, or `undefined` when there is none: a look beforehand would not keep it from being deleted in between. */
export function readGenerationIfThere(
  store: Store,
  profile: ProfileName,
  number: GenerationNumber,
): Generation | undefined {
  const source = generationFile(store.layout, profile, number);
  const bytes = readIfPresent(source);
  return bytes && checkPlace(parseGeneration(bytes.toString("utf8"), source), { profile, number, path: source });
}

/** The same, and its bytes. */
export function readGenerationRecord(
  store: Store,
  profile: ProfileName,
  number: GenerationNumber,
): RecordBytes & { readonly generation: Generation } {
  const record = readRecord(store, profile, number);
  const generation = parseGeneration(record.bytes.toString("utf8"), record.source);
  return { ...record, generation: checkPlace(generation, { profile, number, path: record.source }) };
}

/** The same without its packages. @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT */
export function readGenerationHead(store: Store, profile: ProfileName, number: GenerationNumber): GenerationHead {
  const record = readRecord(store, profile, number);
  const head = generationHead(record) ?? parseGeneration(record.bytes.toString("utf8"), record.source);
  return checkPlace(head, { profile, number, path: record.source });
}

/**
 * How the generation `number` differs from one that was read (see `generationDifference`).
 * @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT
 */
export function readDifference(
  store: Store,
  profile: ProfileName,
  number: GenerationNumber,
  after: RecordBytes & { readonly generation: Generation },
): GenerationDifference {
  const record = readRecord(store, profile, number);
  const difference = generationDifference(record, after) ?? {
    before: parseGeneration(record.bytes.toString("utf8"), record.source),
    after: after.generation.packages,
  };
  checkPlace(difference.before, { profile, number, path: record.source });
  return difference;
}

function readRecord(store: Store, profile: ProfileName, number: GenerationNumber): RecordBytes {
  const source = generationFile(store.layout, profile, number);
  const bytes = readIfPresent(source);
  if (bytes) return { bytes, source };
  throw new StoreError("NOT_FOUND", `profile '${profile}' has no generation gen-${number}`, {
    hint: "List the generations with `store generations`.",
    details: { profile, generation: number },
  });
}

/** Whether there is a record of this generation, be it readable or not. */
export function hasGenerationRecord(store: Store, profile: ProfileName, number: GenerationNumber): boolean {
  return existsSync(generationFile(store.layout, profile, number));
}

/**
 * Makes a generation that can be switched to: its link, then its record. It is not live by that.
 * @throws StoreError FAILED for one that could not be read again
 */
export function writeGeneration(store: Store, generation: Generation, text = printGeneration(generation)): void {
  const { profile, generation: number } = generation;
  linkGeneration(store, generation);
  writeFileAtomic(generationFile(store.layout, profile, number), text);
}

/** Makes the link of a generation lead to the forest of its record. */
export function linkGeneration(store: Store, { profile, generation, path }: Generation): void {
  replaceLink(generationTarget(store.layout, path), generationLink(store.layout, profile, generation));
}

/** Removes generations: of each its record, then its link. Those that are gone already are passed over. */
export function removeGenerations(store: Store, profile: ProfileName, numbers: readonly GenerationNumber[]): void {
  for (const number of numbers) removeGeneration(store, profile, number);
  syncDirectory(profilePath(store.layout, profile));
}

/** Removes a generation: its record, then its link. */
export function removeGeneration(store: Store, profile: ProfileName, number: GenerationNumber): void {
  removeFile(generationFile(store.layout, profile, number));
  removeFile(generationLink(store.layout, profile, number));
}

/** A record that was copied from elsewhere would have the wrong packages go live. */
function checkPlace<T extends GenerationHead>(
  generation: T,
  {
    profile,
    number,
    path,
  }: { readonly profile: ProfileName; readonly number: GenerationNumber; readonly path: string },
): T {
  if (generation.generation === number && generation.profile === profile) return generation;
  throw damagedRecord(path, `it is that of gen-${generation.generation} of profile '${generation.profile}'`);
}
