import { type InstalledPackage, packageToJson } from "../model/generation.ts";
import { type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import type { GenerationContent, LogPackage } from "../model/log-event.ts";
import type { OpenIntent } from "../model/log-record.ts";
import { type HistoryState, marksOf, type SnapshotState, toSnapshotStates } from "../model/log-state.ts";
import { readGeneration } from "./generation-records.ts";
import { readTransaction, stateAfter } from "./log/history.ts";
import { logEnd, readTail } from "./log/tail.ts";
import type { TransactionLog } from "./log/transaction-log.ts";
import type { Store } from "./open-store.ts";
import { type Pins, readPinsIfThere } from "./pins.ts";
import { listGenerations, listProfiles, readProfile } from "./profiles.ts";
import { recordedGenerations } from "./recorded-generations.ts";
import { logToRead } from "./told-profiles.ts";

/** The transaction log of this store. */
export function openJournal(store: Store): TransactionLog {
  return {
    ...logToRead(store),
    snapshot: () => listProfiles(store).map((profile) => snapshotOf(store, profile)),
    generations: () => recordedGenerations(store),
  };
}

/**
 * The pins and names of a profile. Where their file is gone, those that the log tells of: a collection would otherwise delete
 * what they keep, and the next snapshot would forget them. Of a log that cannot be read either nothing is known.
 * @throws StoreError DAMAGED, NEWER_FORMAT of the file
 */
export function readMarks(store: Store, profile: ProfileName, told = toldOnce(store)): Pins {
  return readPinsIfThere(store, profile) ?? marksIn(told(), profile);
}

/**
 * The same, for who deletes what they do not keep.
 * @throws StoreError DAMAGED also when the file is gone and the log cannot be read
 */
export function readMarksForSure(store: Store, profile: ProfileName): Pins {
  return readPinsIfThere(store, profile) ?? marksIn(stateAfter(openJournal(store)), profile);
}

/** Reads the log when it is asked for, for many profiles once. */
export function toldOnce(store: Store): () => HistoryState {
  let told: HistoryState | undefined;
  return () => {
    told ??= toldState(store);
    return told;
  };
}

function marksIn(told: HistoryState, profile: ProfileName): Pins {
  const state = told.get(profile);
  const { pins, tags } = state ? marksOf(state) : { pins: [], tags: [] };
  return {
    generations: new Set(pins.map(parseGenerationNumber)),
    tags: new Map(tags.map(([name, number]) => [name, parseGenerationNumber(number)])),
    unknown: {},
  };
}

/** All profiles as they are; of one that cannot be read, what the log tells. */
export function profileStates(store: Store): SnapshotState[] {
  return listProfiles(store).flatMap((profile) => {
    try {
      return snapshotOf(store, profile);
    } catch {
      return [...toldStates(store)].filter((state) => state.profile === profile);
    }
  });
}

function toldStates(store: Store): readonly SnapshotState[] {
  return [...toSnapshotStates(toldState(store))];
}

function toldState(store: Store): HistoryState {
  try {
    return stateAfter(openJournal(store));
  } catch {
    return new Map();
  }
}

/** A generation that is logged and not yet live counts: its records stand before the snapshot. */
function snapshotOf(store: Store, profile: ProfileName): SnapshotState {
  const state = readProfile(store, profile);
  const pins = readMarks(store, profile);
  const coming = openIntents(store, profile).flatMap((open) => announcedBy(store, open) ?? []);
  const numbers = coming.map(({ generation }) => generation);
  const generations = new Set<number>([...listGenerations(store, state), ...numbers]);
  return {
    profile,
    current: state.current,
    previous: state.previous,
    lastGeneration: Math.max(state.last, ...numbers),
    generations,
    packages: readGeneration(store, profile, state.current).packages.map(toLog),
    coming,
    pins: pins.generations,
    tags: pins.tags,
  };
}

/** Intents of this profile that nothing was logged behind: a change under way, or one that was cut short. */
export function openIntents(store: Store, profile: ProfileName): readonly OpenIntent[] {
  const log = openJournal(store);
  return (logEnd(log, readTail(log)).carry.intents ?? []).filter((intent) => intent.profile === profile);
}

/** What a change with an open intent announced; `undefined` when it leads to a generation that was there. */
export function announcedBy(store: Store, intent: OpenIntent): GenerationContent | undefined {
  const events = readTransaction(openJournal(store), intent.tx).map(({ event }) => event);
  return events.find((event) => event.type === "generation");
}

/** A package as the log tells it. */
export function toLog(item: InstalledPackage): LogPackage {
  return packageToJson(item) as LogPackage;
}
