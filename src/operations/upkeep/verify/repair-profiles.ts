import { lstatSync, mkdirSync } from "node:fs";
import { fromText } from "../../../model/byte-string.ts";
import { type Generation, parseInstalledPackage } from "../../../model/generation.ts";
import { type BaseName, type ProfileName, parseBaseName, parseGenerationNumber } from "../../../model/ids.ts";
import type { LogEvent } from "../../../model/log-event.ts";
import type { LogRecord } from "../../../model/log-record.ts";
import type { HistoryState, ProfileState } from "../../../model/log-state.ts";
import { numbersIn } from "../../../model/number-ranges.ts";
import type { Finding, ProfilePlace } from "../../../model/verify/finding.ts";
import { buildForest } from "../../../store/build-forest.ts";
import { readGeneration, writeGeneration } from "../../../store/generation-records.ts";
import { openIntents, openJournal } from "../../../store/journal.ts";
import {
  currentPath,
  generationFile,
  generationLink,
  generationTarget,
  pinsFile,
  previousPath,
  profileFile,
  profilePath,
} from "../../../store/layout.ts";
import { findAfterTransaction } from "../../../store/log/history.ts";
import { readForward } from "../../../store/log/read.ts";
import type { TransactionLog } from "../../../store/log/transaction-log.ts";
import { readAnnounced } from "../../../store/open-intents.ts";
import type { Store } from "../../../store/open-store.ts";
import { flushPins, readPins, writePins } from "../../../store/pins.ts";
import { acquireProfileLock } from "../../../store/profile-lock.ts";
import { activateGeneration, liveGeneration, restoreProfileRecord } from "../../../store/profiles.ts";
import { moveAside } from "../../../store/repair/aside.ts";
import { toldForSure } from "../../../store/verify/open-changes.ts";
import { replaceLink } from "../../../system/atomic-file.ts";
import { settleIntents } from "../../profiles/go-live.ts";
import { openWorkspace } from "../../workspace.ts";
import { attempt, type RepairContext } from "./repair-context.ts";

type PlacedFinding = Finding & { readonly place: ProfilePlace };

/** Repairs the records and links of profiles from the log; `history` is what it says, where it is whole. */
export async function repairProfiles(
  context: RepairContext,
  findings: readonly Finding[],
  history: HistoryState | undefined,
): Promise<void> {
  const placed = findings.filter((finding): finding is PlacedFinding => finding.place !== undefined);
  for (const profile of new Set(placed.map(({ place }) => place.profile))) {
    using _lock = await acquireProfileLock(context.store, profile, { signal: context.run.signal });
    const own = placed.filter(({ place }) => place.profile === profile);
    const before = history?.get(profile);
    const told = before && toldForSure(context.store, profile, before);
    const repair = { ...context, profile, told, before };
    for (const part of ORDER)
      for (const finding of own.filter(({ place }) => place.part === part))
        await attempt(context, [finding], () => repairPart(repair, finding));
  }
}

/** Records first: links lead to what they name. Changes after them: what they show is believed. Then what belongs to none. */
const ORDER = ["generation", "link", "objects", "record", "current", "previous", "pins", "change", "unmade"] as const;

interface ProfileRepair extends RepairContext {
  readonly profile: ProfileName;
  readonly told: ProfileState | undefined;
  /** What it told before the changes that were cut short. */
  readonly before: ProfileState | undefined;
}

async function repairPart(repair: ProfileRepair, finding: PlacedFinding): Promise<void> {
  const { store, profile, report, told } = repair;
  const { part, generation } = finding.place;
  const done = (from: string | undefined) => from !== undefined && report.done(finding, from);
  switch (part) {
    case "generation":
      return void done(await repairGeneration(repair, generation as number));
    case "link":
      return void done(repairLink(store, readGeneration(store, profile, parseGenerationNumber(generation as number))));
    case "objects":
      return void done(await repairParts(repair, generation as number));
    case "record":
      return void done(repairRecord(repair));
    case "current":
      return void done(repairCurrent(repair));
    case "previous":
      return void done(repairPrevious(store, profile, told));
    case "pins":
      return void done(repairPins(repair));
    case "change":
      await settleIntents(store, profile);
      return void done("settled as by the next change");
    case "unmade":
      return void done(moveUnmade(repair, generation as number));
  }
}

async function repairGeneration(repair: ProfileRepair, number: number): Promise<string | undefined> {
  const { store, profile } = repair;
  const generation = number === 0 ? await emptyGeneration(repair) : generationInLog(store, profile, number);
  if (!generation) return undefined;
  mkdirSync(profilePath(store.layout, profile), { recursive: true, mode: 0o755 });
  clear(store, generationFile(store.layout, profile, generation.generation));
  const link = generationLink(store.layout, profile, generation.generation);
  if (!isLink(link)) clear(store, link);
  writeGeneration(store, generation);
  return number === 0 ? "made anew: it is empty" : "from the log";
}

/** The record of a generation as the log announced it, with the packages that were live after its transaction. */
function generationInLog(store: Store, profile: ProfileName, number: number): Generation | undefined {
  const log = openJournal(store);
  const record = announcement(log, profile, number);
  if (!record) return undefined;
  const { event, tx, time } = record;
  const live = findAfterTransaction(log, tx, profile);
  const state = live?.kind === "live" && live.state.current === number ? live.state : undefined;
  const packages = event.packages ?? state?.packages;
  return (
    packages && {
      generation: parseGenerationNumber(number),
      profile,
      created: time,
      parent: event.parent === null ? undefined : parseGenerationNumber(event.parent),
      reason: event.reason,
      transaction: tx,
      path: parseBaseName(event.path),
      packages: packages.map((item) => parseInstalledPackage(item, "the log")),
      unknown: {},
    }
  );
}

type Announcement = Extract<LogEvent, { type: "generation" }>;

/** The last one: numbers are given once, but a log that was rebuilt tells it again. */
function announcement(log: TransactionLog, profile: ProfileName, number: number) {
  let found: (Pick<LogRecord, "tx" | "time"> & { readonly event: Announcement }) | undefined;
  for (const entry of readForward(log)) {
    if (entry.kind !== "record" || entry.record.profile !== profile) continue;
    const { event, tx, time } = entry.record;
    if (event.type === "generation" && event.generation === number) found = { event, tx, time };
  }
  return found;
}

async function emptyGeneration({ store, profile, run }: ProfileRepair): Promise<Generation> {
  using workspace = openWorkspace(store);
  const options = { room: () => workspace.room(), lease: workspace.lease, signal: run.signal };
  const path = await buildForest(store, { profile, packages: [] }, options);
  const zero = parseGenerationNumber(0);
  const created = store.context.now().toISOString();
  const known = { generation: zero, profile, created, parent: undefined, reason: "empty", transaction: 0 };
  return { ...known, path, packages: [], unknown: {} };
}

function repairLink(store: Store, { profile, generation, path }: Generation): string {
  const link = generationLink(store.layout, profile, generation);
  if (!isLink(link)) clear(store, link);
  replaceLink(generationTarget(store.layout, path), link);
  return "from the generation's record";
}

/** Everything that a generation lacks. */
async function repairParts(repair: ProfileRepair, number: number): Promise<string | undefined> {
  const { store, profile, restore } = repair;
  const { path, packages } = readGeneration(store, profile, parseGenerationNumber(number));
  const from: string[] = [];
  for (const object of [...packages.map((item) => item.path), path]) from.push(...(await restored(object)));
  return from.length > 0 ? [...new Set(from)].join("; ") : undefined;

  async function restored(object: BaseName): Promise<string[]> {
    const where = await restore(object);
    return where === undefined ? [] : [where];
  }
}

/** Of a lost profile the file of the marks is lost, too: where it is missing, the log is asked for them each time. */
function repairRecord(repair: ProfileRepair): string | undefined {
  const { store, profile, told } = repair;
  const live = liveGeneration(store, profile) ?? 0;
  if (!told && live === 0) return undefined;
  const last = Math.max(live, told?.lastGeneration ?? 0);
  const path = profileFile(store.layout, profile);
  if (!told) return undefined;
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) clear(store, path);
  if (!lstatSync(pinsFile(store.layout, profile), { throwIfNoEntry: false })) repairPins(repair);
  restoreProfileRecord(store, profile, parseGenerationNumber(last));
  return "from the log";
}

function repairCurrent({ store, profile, told }: ProfileRepair): string | undefined {
  if (!told) return undefined;
  const number = parseGenerationNumber(told.current);
  readGeneration(store, profile, number);
  const path = currentPath(store.layout, profile);
  if (!isLink(path)) clear(store, path);
  activateGeneration(store, profile, number);
  return `gen-${number}, which the log tells was live`;
}

function repairPrevious(store: Store, profile: ProfileName, told: ProfileState | undefined): string | undefined {
  const path = previousPath(store.layout, profile);
  if (!told) return undefined;
  if (!isLink(path) || told.previous === undefined) clear(store, path);
  if (told.previous !== undefined) replaceLink(`gen-${told.previous}`, path);
  return "from the log";
}

/**
 * As the log tells, and as if changes that were cut short had not begun: they are settled by that. Without it, what can be read
 * and is there.
 */
function repairPins({ store, profile, before: told }: ProfileRepair): string | undefined {
  const exists = (number: number) =>
    lstatSync(generationFile(store.layout, profile, parseGenerationNumber(number)), { throwIfNoEntry: false }) !==
    undefined;
  const readable = readIfSound(() => readPins(store, profile));
  if (!told && !readable) return undefined;
  const tags = told?.tags ?? readable?.tags ?? [];
  const pinned = told ? [...numbersIn(told.pins)] : [...(readable?.generations ?? [])];
  if (!readable) clear(store, pinsFile(store.layout, profile));
  writePins(store, profile, {
    generations: new Set(pinned.filter(exists).map(parseGenerationNumber)),
    tags: new Map(
      [...tags].filter(([, number]) => exists(number)).map(([name, number]) => [name, parseGenerationNumber(number)]),
    ),
    unknown: readable?.unknown ?? {},
  });
  flushPins(store, profile);
  return told ? "from the log" : "what is not there was left out";
}

/**
 * A generation that was never live, or the link of one that is gone, and that no change announced which could still settle it.
 * Its record may be all that tells of it: it is kept.
 */
function moveUnmade({ store, profile, told }: ProfileRepair, number: number): string | undefined {
  const generation = parseGenerationNumber(number);
  const record = generationFile(store.layout, profile, generation);
  const link = generationLink(store.layout, profile, generation);
  const parts = [link, record].filter((path) => lstatSync(path, { throwIfNoEntry: false }));
  if (parts.length === 0) return "settled with the change that it belonged to";
  const isComing = openIntents(store, profile).some((open) => readAnnounced(store, open) === generation);
  if (!told || isComing) return undefined;
  return parts.map((path) => `moved to ${moveAside(store, fromText(path))}`).at(-1);
}

function readIfSound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Keeps what lies in the place of something else. */
function clear(store: Store, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) moveAside(store, fromText(path));
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
