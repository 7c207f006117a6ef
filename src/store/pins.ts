import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import { damagedRecord, isJsonObject, parseJsonObject, readRecord } from "../model/json-object.ts";
import type { LogEvent } from "../model/log-event.ts";
import { readTextIfPresent, writeFileAtomic } from "../system/atomic-file.ts";
import { pinsFile } from "./layout.ts";
import type { Store } from "./open-store.ts";

const PINS_FORMAT = 1;

/** Generations of a profile that are kept whatever is collected, and names for generations. */
export interface Pins {
  readonly generations: ReadonlySet<GenerationNumber>;
  readonly tags: ReadonlyMap<string, GenerationNumber>;
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** One change of them, as it is logged. */
export type MarkEvent = Extract<LogEvent, { type: "pin" | "unpin" | "tag" | "untag" }>;

export function isMark(event: LogEvent): event is MarkEvent {
  return event.type === "pin" || event.type === "unpin" || event.type === "tag" || event.type === "untag";
}

/** Whether they are already what the change would make them. */
export function isMarked({ generations, tags }: Pins, event: MarkEvent): boolean {
  switch (event.type) {
    case "pin":
      return generations.has(parseGenerationNumber(event.generation));
    case "unpin":
      return !generations.has(parseGenerationNumber(event.generation));
    case "tag":
      return tags.get(event.name) === event.generation;
    case "untag":
      return !tags.has(event.name);
  }
}

/** The pins and names after a change. */
export function applyMark(pins: Pins, event: MarkEvent): Pins {
  const generations = new Set(pins.generations);
  const tags = new Map(pins.tags);
  switch (event.type) {
    case "pin":
      generations.add(parseGenerationNumber(event.generation));
      break;
    case "unpin":
      generations.delete(parseGenerationNumber(event.generation));
      break;
    case "tag":
      tags.set(event.name, parseGenerationNumber(event.generation));
      break;
    case "untag":
      tags.delete(event.name);
      break;
  }
  return { ...pins, generations, tags };
}

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function readPins(store: Store, profile: ProfileName): Pins {
  const path = pinsFile(store.layout, profile);
  const text = readTextIfPresent(path);
  if (text === undefined) return { generations: new Set(), tags: new Map(), unknown: {} };
  const { tags, ...members } = parseJsonObject(text, path);
  const record = readRecord(members, path, PINS_FORMAT);
  const named = Object.entries(isJsonObject(tags) ? tags : {}).map(
    ([name, number]) => [name, parseNumber(number, path)] as const,
  );
  return {
    generations: new Set(record.list("generations").map((item) => parseNumber(item, path))),
    tags: new Map(named),
    unknown: record.rest(),
  };
}

export function writePins(store: Store, profile: ProfileName, pins: Pins): void {
  const members = {
    format: PINS_FORMAT,
    generations: [...pins.generations].sort((a, b) => a - b),
    tags: Object.fromEntries(pins.tags),
    ...pins.unknown,
  };
  writeFileAtomic(pinsFile(store.layout, profile), `${JSON.stringify(members, null, 2)}\n`);
}

function parseNumber(value: unknown, path: string): GenerationNumber {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return parseGenerationNumber(value);
  throw damagedRecord(path, "a generation is not a number");
}
