import type { GenerationContent, LogChange, LogPackage, SnapshotProfile } from "./log-event.ts";
import type { LogRecord } from "./log-record.ts";
import { addToRanges, inRanges, type NumberRanges, numbersIn, removeFromRanges, toRanges } from "./number-ranges.ts";

/** A profile as the log knows it at some point. */
export interface ProfileState {
  readonly current: number;
  /** What was live before `current`. */
  readonly previous: number | undefined;
  /** The highest number ever given to a generation. */
  readonly lastGeneration: number;
  readonly generations: NumberRanges;
  /** The packages of `current`, sorted by name; `undefined` when the log does not tell. */
  readonly packages: readonly LogPackage[] | undefined;
  readonly pins: NumberRanges;
  readonly tags: ReadonlyMap<string, number>;
  /** The record of the switch to `current`; `undefined` when a snapshot is all that tells of it. */
  readonly since: LogRecord | undefined;
  /** Damage made it uncertain whether `current` was already, or still, live. */
  readonly uncertain: boolean;
}

/** State of the whole store: profiles by name. */
export type HistoryState = ReadonlyMap<string, ProfileState>;

/** What a caller tells of a profile for a snapshot record. */
export interface SnapshotState {
  readonly profile: string;
  readonly current: number;
  readonly previous: number | undefined;
  readonly lastGeneration: number;
  /** All that exist. */
  readonly generations: Iterable<number>;
  /** Whole package records of `current`. */
  readonly packages: readonly LogPackage[] | undefined;
  /** Those that are logged and not live yet; they count among `generations`. */
  readonly coming?: readonly GenerationContent[] | undefined;
  readonly pins: Iterable<number>;
  readonly tags: Iterable<readonly [name: string, generation: number]>;
  readonly uncertain?: boolean | undefined;
}

/**
 * The pins and names of generations that were not deleted. One of a generation that was, as can be where their file had been
 * lost before, is none any more.
 */
export function marksOf({ pins, tags, generations }: Pick<ProfileState, "pins" | "tags" | "generations">): {
  readonly pins: readonly number[];
  readonly tags: readonly (readonly [name: string, generation: number])[];
} {
  const exists = (number: number) => inRanges(generations, number);
  return { pins: [...numbersIn(pins)].filter(exists), tags: [...tags].filter(([, number]) => exists(number)) };
}

/** The event of a snapshot record. */
export function toSnapshot(states: Iterable<SnapshotState>): {
  readonly type: "snapshot";
  readonly profiles: { readonly [profile: string]: SnapshotProfile };
} {
  const profiles = [...states].map((state): [string, SnapshotProfile] => [
    state.profile,
    {
      current: state.current,
      previous: state.previous ?? null,
      lastGeneration: state.lastGeneration,
      generations: toRanges(state.generations),
      packages: state.packages && byName(state.packages),
      coming: state.coming?.length ? state.coming.map(contentOf) : undefined,
      pins: [...state.pins].sort((a, b) => a - b),
      tags: Object.fromEntries(state.tags),
      uncertain: state.uncertain ? true : undefined,
    },
  ]);
  return { type: "snapshot", profiles: Object.fromEntries(profiles) };
}

/** A replayed state in the form that `toSnapshot` takes. */
export function* toSnapshotStates(state: HistoryState): Iterable<SnapshotState> {
  for (const [profile, { generations, pins, ...rest }] of state)
    yield { ...rest, profile, generations: numbersIn(generations), pins: numbersIn(pins) };
}

/** The state after `records`, which follow each other; the first is a snapshot or the beginning of the log. */
export function replay(records: Iterable<LogRecord>): HistoryState {
  const profiles = new Map<string, WorkingState>();
  let told: readonly string[] = [];
  for (const record of records) {
    applyRecord(profiles, record);
    // What was live after lost records is certain from the next record on, if a later one told it.
    if (!record.replaces) told = clearDoubt(profiles, told);
    else if (record.event.type === "recover") told = Object.keys(record.event.live ?? {});
  }
  return new Map([...profiles].map(([name, { known: _, ...state }]) => [name, state]));
}

/** The packages after a change, sorted by name; `undefined` when the change does not fit. */
export function applyChange(packages: readonly LogPackage[], change: LogChange): readonly LogPackage[] | undefined {
  const gone = [...change.removed, ...change.upgraded.map(({ from }) => from)].map(identityOf);
  const kept = packages.filter((item) => !gone.includes(identityOf(item)));
  if (kept.length !== packages.length - gone.length) return undefined;
  return byName([...kept, ...change.added, ...change.upgraded.map(({ to }) => to)]);
}

/** Whether both lists name the same packages by name, version and path, in any order. */
export function arePackagesSame(left: readonly LogPackage[], right: readonly LogPackage[]): boolean {
  const [a, b] = [left, right].map((list) => list.map(identityOf).sort().join("\n"));
  return a === b;
}

interface WorkingState extends ProfileState {
  /** Packages of the generations that were met since the snapshot. */
  readonly known: Map<number, readonly LogPackage[]>;
}

const NEW_PROFILE = {
  current: 0,
  previous: undefined,
  lastGeneration: 0,
  generations: [[0, 0]],
  packages: [],
  pins: [],
  since: undefined,
  uncertain: false,
} as const;

function applyRecord(profiles: Map<string, WorkingState>, record: LogRecord): void {
  const { event } = record;
  if (event.type === "snapshot") loadSnapshot(profiles, event.profiles);
  else if (record.replaces && event.type === "recover") applyStandIn(profiles, event.live ?? {});
  else if (record.profile !== undefined) applyToNamed(profiles, record.profile, record);
}

function applyToNamed(profiles: Map<string, WorkingState>, name: string, record: LogRecord): void {
  const { type } = record.event;
  const before = profiles.get(name);
  // A profile is known by what was done to it, not by a command that may still fail.
  if (!before && (type === "begin" || type === "abort" || type === "unknown")) return;
  const state = before ?? { ...NEW_PROFILE, tags: new Map(), known: new Map([[0, []]]) };
  profiles.set(name, applyToProfile(state, record));
}

function applyToProfile(state: WorkingState, record: LogRecord): WorkingState {
  const { event } = record;
  switch (event.type) {
    case "generation": {
      learn(state, event);
      return {
        ...state,
        lastGeneration: Math.max(state.lastGeneration, event.generation),
        generations: addToRanges(state.generations, event.generation),
      };
    }
    case "commit":
      return applyCommit(state, record, event);
    case "pin":
      return { ...state, pins: addToRanges(state.pins, event.generation) };
    case "unpin":
      return { ...state, pins: removeFromRanges(state.pins, event.generation) };
    case "tag":
      return { ...state, tags: new Map(state.tags).set(event.name, event.generation) };
    case "untag":
      return { ...state, tags: new Map([...state.tags].filter(([name]) => name !== event.name)) };
    case "delete":
      return { ...state, generations: event.generations.reduce(removeFromRanges, state.generations) };
    default:
      return state;
  }
}

function applyCommit(
  state: WorkingState,
  record: LogRecord,
  { from, to, change }: { readonly from: number; readonly to: number; readonly change?: LogChange | undefined },
): WorkingState {
  if (from === to && state.current === to) return { ...state, uncertain: false };
  const before = packagesOf(state, from);
  const packages =
    state.known.get(to) ?? (before && change && !isEmpty(change) ? applyChange(before, change) : undefined);
  if (packages) state.known.set(to, packages);
  const previous = from === to ? state.previous : from;
  return { ...state, current: to, previous, packages, since: record, uncertain: false };
}

function learn(state: WorkingState, { generation, parent, change, packages }: GenerationContent): void {
  const before = parent === null ? [] : packagesOf(state, parent);
  const found = packages ? byName(packages) : before && change && applyChange(before, change);
  if (found) state.known.set(generation, found);
}

function packagesOf(state: WorkingState, generation: number): readonly LogPackage[] | undefined {
  return state.known.get(generation) ?? (state.current === generation ? state.packages : undefined);
}

/** May also mean that whoever completed an interrupted switch did not know what it changed. */
function isEmpty({ added, removed, upgraded }: LogChange): boolean {
  return added.length + removed.length + upgraded.length === 0;
}

/** Lost records may have switched any profile: `live` says to what, and nothing says when. */
function applyStandIn(profiles: Map<string, WorkingState>, live: { readonly [profile: string]: number }): void {
  for (const name of Object.keys(live)) {
    const state = profiles.get(name) ?? { ...NEW_PROFILE, tags: new Map(), known: new Map([[0, []]]) };
    profiles.set(name, switchTo(state, live[name] as number));
  }
  for (const [name, state] of profiles) profiles.set(name, { ...state, uncertain: true });
}

function clearDoubt(profiles: Map<string, WorkingState>, names: readonly string[]): readonly string[] {
  for (const name of names) {
    const state = profiles.get(name);
    if (state) profiles.set(name, { ...state, uncertain: false });
  }
  return [];
}

function switchTo(state: WorkingState, current: number): WorkingState {
  if (current === state.current) return state;
  const lastGeneration = Math.max(state.lastGeneration, current);
  const generations = addToRanges(state.generations, current);
  const packages = state.known.get(current);
  return { ...state, current, previous: state.current, lastGeneration, generations, packages, since: undefined };
}

function loadSnapshot(
  profiles: Map<string, WorkingState>,
  snapshot: { readonly [profile: string]: SnapshotProfile },
): void {
  profiles.clear();
  for (const [name, state] of Object.entries(snapshot)) {
    const packages = state.packages && byName(state.packages);
    const loaded: WorkingState = {
      current: state.current,
      previous: state.previous ?? undefined,
      lastGeneration: state.lastGeneration,
      generations: state.generations,
      packages,
      pins: toRanges(state.pins),
      tags: new Map(Object.entries(state.tags)),
      since: undefined,
      uncertain: state.uncertain === true,
      known: new Map(packages ? [[state.current, packages]] : []),
    };
    for (const coming of state.coming ?? []) learn(loaded, coming);
    profiles.set(name, loaded);
  }
}

function contentOf({ generation, parent, change, packages }: GenerationContent) {
  return { generation, parent, ...(packages ? { packages } : { change }) };
}

function byName(packages: readonly LogPackage[]): readonly LogPackage[] {
  return [...packages].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function identityOf(item: LogPackage): string {
  return JSON.stringify([item.name, item.version, item.path]);
}
