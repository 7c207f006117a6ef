import { dirname } from "node:path";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import { damagedRecord, isJsonObject, parseJsonObject, readRecord } from "../model/json-object.ts";
import type { Marks } from "../model/marks.ts";
import { readTextIfPresent, replaceFile, syncDirectory } from "../system/atomic-file.ts";
import { pinsFile } from "./layout.ts";
import type { Store } from "./open-store.ts";

const PINS_FORMAT = 1;

/** The marks of a profile as they lie on disk; those that count are told by `readMarks`. */
export interface Pins extends Marks {
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** Of a profile that was just made. */
export const NO_PINS: Pins = { generations: new Set(), tags: new Map(), unknown: {} };

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function readPins(store: Store, profile: ProfileName): Pins {
  return readPinsIfThere(store, profile) ?? NO_PINS;
}

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function readPinsIfThere(store: Store, profile: ProfileName): Pins | undefined {
  const path = pinsFile(store.layout, profile);
  const text = readTextIfPresent(path);
  if (text === undefined) return undefined;
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

/** Replaces the marks; `flushPins` makes that durable. */
export function writePins(store: Store, profile: ProfileName, pins: Pins): void {
  const members = {
    format: PINS_FORMAT,
    generations: [...pins.generations].sort((a, b) => a - b),
    tags: Object.fromEntries(pins.tags),
    ...pins.unknown,
  };
  replaceFile(pinsFile(store.layout, profile), `${JSON.stringify(members, null, 2)}\n`);
}

export function flushPins(store: Store, profile: ProfileName): void {
  syncDirectory(dirname(pinsFile(store.layout, profile)));
}

function parseNumber(value: unknown, path: string): GenerationNumber {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return parseGenerationNumber(value);
  throw damagedRecord(path, "a generation is not a number");
}
