import {
  accessSync,
  constants,
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
} from "node:fs";
import { join } from "node:path";
import { isErrno, StoreError } from "../errors.ts";
import { type ByteString, fromText, toEscaped } from "../model/byte-string.ts";
import type { Generation } from "../model/generation.ts";
import {
  type GenerationNumber,
  generationIn,
  type ProfileName,
  parseGenerationNumber,
  parseProfileName,
} from "../model/ids.ts";
import { damagedRecord, parseJsonObject, readRecord } from "../model/json-object.ts";
import { profileOption } from "../model/profile-option.ts";
import {
  readTextIfPresent,
  renameLink,
  replaceLink,
  syncDirectory,
  TEMPORARY_MARK,
  writeFileAtomic,
} from "../system/atomic-file.ts";
import { removeFile } from "../system/remove-file.ts";
import { hasGenerationRecord, removeGeneration, writeGeneration } from "./generation-records.ts";
import { currentPath, generationFile, pinsFile, previousPath, profileFile, profilePath } from "./layout.ts";
import type { Store } from "./open-store.ts";
import { NO_PINS, writePins } from "./pins.ts";
import { moveAside } from "./repair/aside.ts";
import { lostProfile, toldProfiles } from "./told-profiles.ts";

const PROFILE_FORMAT = 1;
const ZERO = parseGenerationNumber(0);

/** Which generation of a profile is live, was live before, and which numbers were given out. */
export interface ProfileState {
  readonly profile: ProfileName;
  readonly current: GenerationNumber;
  readonly previous: GenerationNumber | undefined;
  /** The highest number that a generation was given. Numbers up to it are never given out again. */
  readonly last: GenerationNumber;
}

/** A profile whose live link may be lost, or lead to no generation. */
export interface ProfileParts extends Omit<ProfileState, "current"> {
  readonly current: GenerationNumber | undefined;
}

/**
 * The names of all profiles, sorted.
 * @throws StoreError DAMAGED for a directory among them that no profile can have made, and when all of them are lost
 */
export function listProfiles(store: Store): ProfileName[] {
  return profileEntries(store)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => parseDirectoryName(store, toEscaped(name as ByteString)))
    .filter((profile) => hasProfile(store, profile))
    .sort();
}

function profileEntries({ layout }: Store): Dirent[] {
  const { profiles } = layout;
  try {
    return readdirSync(profiles, { withFileTypes: true, encoding: "latin1" });
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    throw new StoreError("DAMAGED", `${profiles}, with all profiles, is missing`, {
      hint: "Put it back, from a backup or by mounting it. Otherwise `store verify --repair` makes it anew from the log.",
      details: { file: profiles },
      cause: error,
    });
  }
}

/** Whether the profile was made, whole; also when its record was lost since. */
export function hasProfile(store: Store, profile: ProfileName): boolean {
  return existsSync(profileFile(store.layout, profile)) || recordedNumbers(store, profile).some((number) => number > 0);
}

/** @throws StoreError NOT_FOUND, NEWER_FORMAT, DAMAGED also when the live link leads to no generation */
export function readProfile(store: Store, profile: ProfileName): ProfileState {
  const { current, ...parts } = readProfileParts(store, profile);
  if (current === undefined) throw noCurrent(store, profile);
  return { ...parts, current };
}

/**
 * For who can do without the live link: to give the profile a new one.
 * @throws StoreError NOT_FOUND, DAMAGED, NEWER_FORMAT
 */
export function readProfileParts(store: Store, profile: ProfileName): ProfileParts {
  const path = profileFile(store.layout, profile);
  const text = readTextIfPresent(path);
  if (text === undefined)
    throw hasProfile(store, profile) ? damagedRecord(path, "it is gone") : noProfile(store, profile);
  const record = readRecord(parseJsonObject(text, path), path, PROFILE_FORMAT);
  const live = liveGeneration(store, profile);
  const current = live !== undefined && hasGenerationRecord(store, profile, live) ? live : undefined;
  const last = parseGenerationNumber(Math.max(record.count("lastGeneration"), current ?? 0));
  return { profile, current, previous: readGenerationLink(previousPath(store.layout, profile)), last };
}

/** The generation that the live link names; `undefined` when there is none, or no such profile. */
export function liveGeneration(store: Store, profile: ProfileName): GenerationNumber | undefined {
  return readGenerationLink(currentPath(store.layout, profile));
}

/** Numbers of the generations that exist, ascending. A record above `last` was never live and does not count. */
export function listGenerations(store: Store, { profile, last }: ProfileParts): GenerationNumber[] {
  return recordedNumbers(store, profile)
    .filter((number) => number <= last)
    .sort((a, b) => a - b)
    .map(parseGenerationNumber);
}

/** Numbers above `last` that have a record: of a change under way, of one that was cut short, or from elsewhere. */
export function listUnmade(store: Store, { profile, last }: ProfileParts): GenerationNumber[] {
  return recordedNumbers(store, profile)
    .filter((number) => number > last)
    .map(parseGenerationNumber);
}

/** Whether one of them exists; for long histories quicker than to list all. */
export function hasGeneration(store: Store, { profile, last }: ProfileParts, number: number): boolean {
  return number <= last && existsSync(generationFile(store.layout, profile, parseGenerationNumber(number)));
}

/** Gives a number up for good: the generation that had it never became live and is gone. */
export function discardNumber(store: Store, profile: ProfileName, number: GenerationNumber): void {
  removeGeneration(store, profile, number);
  // This also makes the removal durable: it flushes the same directory.
  if (readRecordedLast(store, profile) < number) writeLast(store, profile, number);
}

/** Throws the system's error when this user may not change the profile: before it stands in the log that it changes. */
export function checkWritable(store: Store, profile: ProfileName): void {
  accessSync(profilePath(store.layout, profile), constants.W_OK | constants.X_OK);
}

/** Removes what killed processes left in the profile's directory. The caller has the exclusive right to change it. */
export function sweepProfile(store: Store, profile: ProfileName): void {
  const directory = profilePath(store.layout, profile);
  for (const name of readdirSync(directory)) {
    if (name.startsWith(TEMPORARY_MARK)) removeFile(join(directory, name));
  }
}

/** Makes a generation the live one: the one rename that every change comes down to. `flushActivation` is to follow. */
export function activateGeneration(store: Store, profile: ProfileName, number: GenerationNumber): void {
  const path = currentPath(store.layout, profile);
  overDirectory(store, path, () => renameLink(`gen-${number}`, path));
}

/** Copies of a store that follow links have directories in their place: these are kept in `aside/`. */
function overDirectory(store: Store, path: string, replace: () => void): void {
  try {
    replace();
  } catch (error) {
    if (!isErrno(error, "EISDIR")) throw error;
    moveAside(store, fromText(path));
    replace();
  }
}

/** Makes an activation durable. */
export function flushActivation(store: Store, profile: ProfileName): void {
  syncDirectory(profilePath(store.layout, profile));
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
    const path = previousPath(store.layout, profile);
    overDirectory(store, path, () => replaceLink(`gen-${from}`, path));
  }
}

/**
 * Makes the profile whose empty generation is `empty`. `profile.json` comes last: without it there is no profile. The file of
 * the marks is made too, so that where it is missing it was lost, and only then the log is asked for them.
 */
export function createProfile(store: Store, empty: Generation): void {
  mkdirSync(profilePath(store.layout, empty.profile), { recursive: true, mode: 0o755 });
  writeGeneration(store, empty);
  writePins(store, empty.profile, NO_PINS);
  activateGeneration(store, empty.profile, ZERO);
  writeLast(store, empty.profile, ZERO);
}

/**
 * Removes what `createProfile` made, `profile.json` first.
 * @throws ENOTEMPTY when more lies there, which stays
 */
export function removeProfile(store: Store, profile: ProfileName): void {
  removeFile(profileFile(store.layout, profile));
  removeFile(pinsFile(store.layout, profile));
  removeGeneration(store, profile, ZERO);
  removeFile(currentPath(store.layout, profile));
  rmdirSync(profilePath(store.layout, profile));
}

/** @throws StoreError NOT_FOUND; DAMAGED for one that is lost */
export function requireProfile(store: Store, profile: ProfileName): void {
  if (!hasProfile(store, profile)) throw noProfile(store, profile);
}

/** Writes `profile.json` anew, when it is lost or damaged. */
export function restoreProfileRecord(store: Store, profile: ProfileName, last: GenerationNumber): void {
  const record = { format: PROFILE_FORMAT, name: profile, lastGeneration: last };
  writeFileAtomic(profileFile(store.layout, profile), `${JSON.stringify(record)}\n`);
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

function recordedNumbers(store: Store, profile: ProfileName): number[] {
  return namesIn(profilePath(store.layout, profile)).flatMap((name) => {
    return name.endsWith(".json") ? (generationIn(name.slice(0, -".json".length)) ?? []) : [];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function readGenerationLink(path: string): GenerationNumber | undefined {
  try {
    return generationIn(readlinkSync(path));
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

function noProfile(store: Store, profile: ProfileName): StoreError {
  const lost = lostProfile(toldProfiles(store), profile);
  if (lost) return lost;
  const names = listProfiles(store);
  const known = names.length > 0 ? `There is ${names.join(", ")}; ` : "";
  return new StoreError("NOT_FOUND", `there is no profile '${profile}'`, {
    hint: `${known}a profile is made by the first \`store install -p ${profile} …\`.`,
    details: { profile, profiles: names },
  });
}

function parseDirectoryName(store: Store, name: string): ProfileName {
  try {
    return parseProfileName(name);
  } catch (cause) {
    const path = join(store.layout.profiles, name);
    throw new StoreError("DAMAGED", `${path} is no profile of this store`, {
      hint: "Move the directory elsewhere, or run `store verify --repair`, which does.",
      details: { path },
      cause,
    });
  }
}

function noCurrent(store: Store, profile: ProfileName): StoreError {
  const path = currentPath(store.layout, profile);
  const live = liveGeneration(store, profile);
  const fault = live === undefined ? "is not a link to a generation" : `leads to gen-${live}, which has no record`;
  const whose = profileOption(profile);
  return new StoreError("DAMAGED", `${path} ${fault}`, {
    hint: `\`store verify --repair\` makes the generation live that was. Or choose one: \`store generations${whose}\` lists them, \`store switch gen-N${whose}\`.`,
    details: { path },
  });
}
