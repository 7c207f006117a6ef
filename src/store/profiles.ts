import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { type Generation, parseGeneration, printGeneration } from "../model/generation.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber, parseProfileName } from "../model/ids.ts";
import { parseJsonObject, readRecord } from "../model/json-object.ts";
import { readTextIfPresent, replaceLink, writeFileAtomic } from "../system/atomic-file.ts";
import {
  currentPath,
  generationFile,
  generationLink,
  generationTarget,
  type Layout,
  previousPath,
  profileFile,
  profilePath,
} from "./layout.ts";
import type { Store } from "./open-store.ts";

const PROFILE_FORMAT = 1;
const ZERO = parseGenerationNumber(0);

/** Which generation of a profile is live, was live before, and which numbers were given out. */
export interface ProfileState {
  readonly profile: ProfileName;
  readonly current: GenerationNumber;
  readonly previous: GenerationNumber | undefined;
  /** The highest number of a generation that was ever live. Numbers up to it are never given out again. */
  readonly last: GenerationNumber;
}

export function listProfiles(store: Store): ProfileName[] {
  return readdirSync(store.layout.profiles).sort().map(parseProfileName);
}

export function hasProfile(store: Store, profile: ProfileName): boolean {
  return existsSync(profileFile(store.layout, profile));
}

/** @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT */
export function readProfile(store: Store, profile: ProfileName): ProfileState {
  const path = profileFile(store.layout, profile);
  const text = readTextIfPresent(path);
  if (text === undefined) throw noProfile(store, profile);
  const record = readRecord(parseJsonObject(text, path), path, PROFILE_FORMAT);
  const current = readGenerationLink(currentPath(store.layout, profile));
  if (current === undefined) throw noCurrent(store.layout, profile);
  const last = parseGenerationNumber(Math.max(record.count("lastGeneration"), current));
  return { profile, current, previous: readGenerationLink(previousPath(store.layout, profile)), last };
}

/** Numbers of the generations that exist, ascending. A record above `last` was never live and does not count. */
export function listGenerations(store: Store, state: ProfileState): GenerationNumber[] {
  const numbers: number[] = [];
  for (const name of readdirSync(profilePath(store.layout, state.profile))) {
    const match = /^gen-(\d+)\.json$/.exec(name);
    if (match && Number(match[1]) <= state.last) numbers.push(Number(match[1]));
  }
  return numbers.sort((a, b) => a - b).map(parseGenerationNumber);
}

/** @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT */
export function readGeneration(store: Store, profile: ProfileName, number: GenerationNumber): Generation {
  const path = generationFile(store.layout, profile, number);
  const text = readTextIfPresent(path);
  if (text !== undefined) return parseGeneration(text, path);
  throw new StoreError("NOT_FOUND", `profile '${profile}' has no generation gen-${number}`, {
    hint: "List the generations with `store generations`.",
    details: { profile, generation: number },
  });
}

/** Makes a generation that can be switched to: its link, then its record. It is not live by that. */
export function writeGeneration(store: Store, generation: Generation): void {
  const { profile, generation: number, path } = generation;
  replaceLink(generationTarget(store.layout, path), generationLink(store.layout, profile, number));
  writeFileAtomic(generationFile(store.layout, profile, number), printGeneration(generation));
}

/** Removes a generation: its record, then its link. */
export function removeGeneration(store: Store, profile: ProfileName, number: GenerationNumber): void {
  rmSync(generationFile(store.layout, profile, number), { force: true });
  rmSync(generationLink(store.layout, profile, number), { force: true });
}

/** Makes a generation the live one: the one rename that every change comes down to. */
export function activateGeneration(store: Store, profile: ProfileName, number: GenerationNumber): void {
  replaceLink(`gen-${number}`, currentPath(store.layout, profile));
}

/** Notes what an activation leaves behind it: the generation that was live, and the highest number given out. */
export function noteActivation(
  store: Store,
  profile: ProfileName,
  from: GenerationNumber,
  last: GenerationNumber,
): void {
  if (readRecordedLast(store, profile) !== last) writeLast(store, profile, last);
  if (readGenerationLink(previousPath(store.layout, profile)) !== from) {
    replaceLink(`gen-${from}`, previousPath(store.layout, profile));
  }
}

/** Makes the profile whose empty generation is `empty`. `profile.json` comes last: without it there is no profile. */
export function createProfile(store: Store, empty: Generation): void {
  mkdirSync(profilePath(store.layout, empty.profile), { recursive: true, mode: 0o755 });
  writeGeneration(store, empty);
  activateGeneration(store, empty.profile, ZERO);
  writeLast(store, empty.profile, ZERO);
}

function writeLast(store: Store, profile: ProfileName, last: GenerationNumber): void {
  const path = profileFile(store.layout, profile);
  const text = readTextIfPresent(path);
  const known = text === undefined ? { format: PROFILE_FORMAT, name: profile } : parseJsonObject(text, path);
  writeFileAtomic(path, `${JSON.stringify({ ...known, lastGeneration: last })}\n`);
}

function readRecordedLast(store: Store, profile: ProfileName): number {
  const path = profileFile(store.layout, profile);
  return readRecord(parseJsonObject(readTextIfPresent(path) ?? "", path), path, PROFILE_FORMAT).count("lastGeneration");
}

function readGenerationLink(path: string): GenerationNumber | undefined {
  try {
    const match = /^gen-(\d+)$/.exec(readlinkSync(path));
    return match ? parseGenerationNumber(Number(match[1])) : undefined;
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

function noProfile(store: Store, profile: ProfileName): StoreError {
  const names = listProfiles(store);
  const known = names.length > 0 ? `There is ${names.join(", ")}; ` : "";
  return new StoreError("NOT_FOUND", `there is no profile '${profile}'`, {
    hint: `${known}a profile is made by the first \`store install -p ${profile} …\`.`,
    details: { profile, profiles: names },
  });
}

function noCurrent(layout: Layout, profile: ProfileName): StoreError {
  return new StoreError("DAMAGED", `${currentPath(layout, profile)} is not a link to a generation`, {
    hint: `Choose the generation that shall be live: \`store switch gen-N -p ${profile}\`.`,
    details: { path: currentPath(layout, profile) },
  });
}
