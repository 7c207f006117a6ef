import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { isErrno, StoreError } from "../../errors.ts";
import type { Generation } from "../../model/generation.ts";
import {
  type BaseName,
  generationIn,
  isProfileName,
  type ProfileName,
  parseGenerationNumber,
} from "../../model/ids.ts";
import { parseJsonObject, readRecord } from "../../model/json-object.ts";
import { marksOf, type ProfileState } from "../../model/log-state.ts";
import { inRanges } from "../../model/number-ranges.ts";
import type { Finding, ProfilePlace } from "../../model/verify/finding.ts";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import { readGeneration } from "../generation-records.ts";
import { openIntents } from "../journal.ts";
import { generationLink, generationTarget, profileFile, profilePath } from "../layout.ts";
import { hasObject } from "../manifests.ts";
import type { Store } from "../open-store.ts";
import { readPins } from "../pins.ts";
import { hasProfile } from "../profiles.ts";
import { toldForSure } from "./open-changes.ts";

/** The profiles that there are; that they are lost altogether is a finding. */
export function listAllProfiles(store: Store): {
  readonly profiles: readonly ProfileName[];
  readonly findings: readonly Finding[];
} {
  const { profiles: directory } = store.layout;
  if (!existsSync(directory))
    return { profiles: [], findings: [{ kind: "profile", subject: "profiles", reason: "is missing" }] };
  const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return { profiles: entries.flatMap(({ name }) => (isProfileName(name) ? [name] : [])).sort(), findings: [] };
}

/**
 * Checks one profile: its records, its links, and that every generation is whole. `told` is what the log tells of it. A
 * change under way looks like one that was cut short to who does not hold the profile's lock.
 */
export function checkProfile(store: Store, profile: ProfileName, told: ProfileState | undefined): Finding[] {
  if (!hasProfile(store, profile) && !told) {
    const reason = "was left by a process that was killed while it made the profile";
    return [{ kind: "leftover", subject: `profiles/${profile}`, reason }];
  }
  const check: Check = { store, profile, told: told && toldForSure(store, profile, told), findings: [] };
  if (told) addOpenChanges(check);
  const numbers = recordedNumbers(store, profile);
  const last = checkRecord(check, numbers);
  checkLink(check, "current", numbers);
  checkLink(check, "previous", numbers);
  checkPins(check, numbers);
  for (const number of numbers) {
    if (number <= last) checkGeneration(check, number);
    else addUnmade(check, number, NEVER_LIVE);
  }
  checkLinksAlone(check, numbers, last);
  checkLost(check, numbers);
  return check.findings;
}

interface Check {
  readonly store: Store;
  readonly profile: ProfileName;
  readonly told: ProfileState | undefined;
  readonly findings: Finding[];
}

function add(
  { findings, profile }: Check,
  part: DamagedPart,
  finding: { readonly reason: string; readonly generation?: number },
): void {
  const { reason, generation } = finding;
  const subject = generation === undefined ? `${profile}/${NAMES[part]}` : `${profile}/gen-${generation}`;
  const kind = part === "pins" ? "pins" : generation === undefined ? "profile" : "generation";
  findings.push({ kind, subject, reason, place: { profile, part, generation } });
}

type DamagedPart = Exclude<ProfilePlace["part"], "change" | "unmade">;

const NAMES: Readonly<Record<DamagedPart, string>> = {
  record: "profile.json",
  current: "current",
  previous: "previous",
  pins: "pins.json",
  generation: "generation",
  link: "link",
  objects: "objects",
};

const NEVER_LIVE = "was never live: its process was killed, or it was left by another copy of the store";

function addUnmade({ profile, findings }: Check, generation: number, reason: string): void {
  const place = { profile, part: "unmade", generation } as const;
  findings.push({ kind: "leftover", subject: `${profile}/gen-${generation}`, reason, place });
}

/** Links of no generation: a collection keeps what they lead to. */
function checkLinksAlone(check: Check, numbers: readonly number[], last: number): void {
  const { store, profile, told } = check;
  const recorded = new Set(numbers);
  const names = listIfPresent(profilePath(store.layout, profile));
  for (const number of names.flatMap((name) => generationIn(name) ?? []).sort((a, b) => a - b)) {
    if (recorded.has(number)) continue;
    if (number > last) addUnmade(check, number, NEVER_LIVE);
    else if (told && !inRanges(told.generations, number))
      addUnmade(check, number, "is a link alone, of a generation that the log tells is gone");
  }
}

function addOpenChanges({ store, profile, findings }: Check): void {
  for (const { tx } of openIntents(store, profile)) {
    const reason = "was cut short: the next change of the profile settles it";
    findings.push({ kind: "leftover", subject: `${profile}/#${tx}`, reason, place: { profile, part: "change" } });
  }
}

function recordedNumbers(store: Store, profile: ProfileName): number[] {
  const records = listIfPresent(profilePath(store.layout, profile)).filter((name) => name.endsWith(".json"));
  return records.flatMap((name) => generationIn(name.slice(0, -".json".length)) ?? []).sort((a, b) => a - b);
}

/** Returns the highest number that counts. */
function checkRecord(check: Check, numbers: readonly number[]): number {
  const { store, profile, told } = check;
  const path = profileFile(store.layout, profile);
  const live = linkNumber(store, profile, "current") ?? 0;
  try {
    const last = readLast(path, profile);
    if (told && last < told.lastGeneration)
      add(check, "record", {
        reason: `says that gen-${last} was the last, the log that gen-${told.lastGeneration} was`,
      });
    return Math.max(last, live, told?.lastGeneration ?? 0);
  } catch (error) {
    add(check, "record", { reason: reasonOf(error) });
    return Math.max(live, told?.lastGeneration ?? numbers.at(-1) ?? 0);
  }
}

function checkLink(check: Check, part: "current" | "previous", numbers: readonly number[]): void {
  const { store, profile, told } = check;
  const path = `${profilePath(store.layout, profile)}/${part}`;
  if (!lstatSync(path, { throwIfNoEntry: false })) {
    if (part === "current") add(check, part, { reason: "is missing" });
    else if (told?.previous !== undefined) add(check, part, { reason: "is missing" });
    return;
  }
  const number = linkNumber(store, profile, part);
  if (number === undefined) add(check, part, { reason: "is no link to a generation" });
  else if (part === "current" && !numbers.includes(number))
    add(check, part, { reason: `leads to gen-${number}, which has no record` });
}

function checkPins(check: Check, numbers: readonly number[]): void {
  const { store, profile, told } = check;
  try {
    const { generations, tags } = readPins(store, profile);
    const marked = new Set<number>([...generations, ...tags.values()]);
    for (const number of marked) {
      if (!numbers.includes(number)) add(check, "pins", { reason: `names gen-${number}, which is not there` });
    }
    const sure = told && marksOf(told);
    const lost = sure?.pins.find((number) => !generations.has(parseGenerationNumber(number)));
    if (lost !== undefined) add(check, "pins", { reason: `lacks gen-${lost}, which the log tells was pinned` });
    for (const [name, number] of sure?.tags ?? [])
      if (tags.get(name) !== number) add(check, "pins", { reason: differentName(name, number, tags.get(name)) });
  } catch (error) {
    add(check, "pins", { reason: reasonOf(error) });
  }
}

function differentName(name: string, told: number, now: number | undefined): string {
  const what = now === undefined ? `lacks the name '${name}'` : `gives the name '${name}' to gen-${now}`;
  return `${what}, which the log tells gen-${told} has`;
}

function checkGeneration(check: Check, generation: number): void {
  const { store, profile } = check;
  let record: Generation;
  try {
    record = readGeneration(store, profile, parseGenerationNumber(generation));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    add(check, "generation", { generation, reason: reasonOf(error) });
    return;
  }
  const target = readLinkIfPresent(generationLink(store.layout, profile, record.generation));
  const right = generationTarget(store.layout, record.path);
  if (target !== right)
    add(check, "link", { generation, reason: target === undefined ? "has no link" : `has a link to ${target}` });
  const missing = objectsOf(record).filter((object) => !hasObject(store, object));
  if (missing.length > 0) add(check, "objects", { generation, reason: `lacks ${missing.join(", ")}` });
  const { parent, packages } = record;
  const isOdd = generation === 0 ? packages.length > 0 : parent === undefined || parent >= generation;
  if (isOdd) add(check, "generation", { generation, reason: `cannot have come from gen-${parent}` });
}

/** Everything that a generation needs in the store. */
export function objectsOf({ path, packages }: Generation): readonly BaseName[] {
  return [path, ...packages.map((item) => item.path)];
}

/** Generations that the log knows and that have no record. */
function checkLost(check: Check, numbers: readonly number[]): void {
  for (const [first, last] of check.told?.generations ?? [])
    for (let generation = first; generation <= last; generation++)
      if (!numbers.includes(generation)) add(check, "generation", { generation, reason: "has lost its record" });
}

function readLast(path: string, profile: ProfileName): number {
  const text = readTextIfPresent(path);
  if (text === undefined) throw new StoreError("DAMAGED", "profile.json: is missing");
  const record = readRecord(parseJsonObject(text, path), path, 1);
  if (record.text("name") !== profile) throw new StoreError("DAMAGED", "profile.json: is that of another profile");
  return record.count("lastGeneration");
}

function linkNumber(store: Store, profile: ProfileName, part: "current" | "previous"): number | undefined {
  return generationIn(readLinkIfPresent(`${profilePath(store.layout, profile)}/${part}`) ?? "");
}

function readLinkIfPresent(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
    throw error;
  }
}

function listIfPresent(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

/** What a damaged record is said to be, without its path, which the subject names. */
function reasonOf(error: unknown): string {
  if (!(error instanceof StoreError) || error.code === "NEWER_FORMAT") throw error;
  const reason = error.message.slice(error.message.indexOf(": ") + 2);
  return reason === "is missing" ? reason : `is damaged: ${reason}`;
}
