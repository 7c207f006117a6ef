import type { Json } from "./canonical-json.ts";
import { isJsonObject } from "./json-object.ts";
import { isRanges, type NumberRanges } from "./number-ranges.ts";

export type JsonObject = { readonly [member: string]: Json | undefined };

/** A package as its generation record has it, whole: other members than these are kept as they are. */
export interface LogPackage extends JsonObject {
  readonly name: string;
  readonly version: string;
}

/** What a switch did to the packages of a profile. */
export interface LogChange extends JsonObject {
  readonly added: readonly LogPackage[];
  readonly removed: readonly LogPackage[];
  readonly upgraded: readonly { readonly name: string; readonly from: LogPackage; readonly to: LogPackage }[];
}

/** The packages of a generation: all, or how they differ from those of its parent. One of both is there. */
export interface GenerationContent {
  readonly generation: number;
  readonly parent: number | null;
  readonly change?: LogChange | undefined;
  /** For where the packages of the parent are not at hand. */
  readonly packages?: readonly LogPackage[] | undefined;
}

export interface SnapshotProfile extends JsonObject {
  readonly current: number;
  readonly previous: number | null;
  /** The highest number ever given to a generation. */
  readonly lastGeneration: number;
  readonly generations: NumberRanges;
  /** The packages of `current`; left out when they are not known. */
  readonly packages?: readonly LogPackage[] | undefined;
  /** Generations that were logged before this record and are not live yet. */
  readonly coming?: readonly (JsonObject & GenerationContent)[] | undefined;
  readonly pins: readonly number[];
  readonly tags: { readonly [name: string]: number };
  /** Damage before this record makes it uncertain whether `current` was live. */
  readonly uncertain?: true | undefined;
}

/** What a record tells, beside the members that all records have. */
export type LogEvent =
  /** `command[0]` is `store`; `base` is the generation that the command started from. */
  | {
      readonly type: "begin";
      readonly command: readonly string[];
      readonly user: string;
      readonly base?: number | undefined;
      readonly plan?: Json | undefined;
    }
  | (GenerationContent & {
      readonly type: "generation";
      /** Base name of the forest. */
      readonly path: string;
      readonly reason: string;
    })
  | { readonly type: "intent"; readonly from: number; readonly to: number }
  | {
      readonly type: "commit";
      readonly from: number;
      readonly to: number;
      readonly changed: boolean;
      readonly change?: LogChange | undefined;
    }
  | { readonly type: "abort"; readonly reason: { readonly code: string; readonly message: string } }
  | { readonly type: "pin" | "unpin"; readonly generation: number }
  | { readonly type: "tag"; readonly name: string; readonly generation: number }
  | { readonly type: "untag"; readonly name: string }
  /** Generations that no longer exist. */
  | { readonly type: "delete"; readonly generations: readonly number[] }
  | { readonly type: "gc"; readonly deleted: number; readonly freedBytes: number }
  /** `first`: number of the first record that was kept. */
  | {
      readonly type: "trim";
      readonly first: number;
      readonly dropped: { readonly transactions: number; readonly records: number };
    }
  | { readonly type: "snapshot"; readonly profiles: { readonly [profile: string]: SnapshotProfile } }
  /** The format of the whole store became another one. */
  | { readonly type: "migrate"; readonly from: number; readonly to: number }
  | { readonly type: "reseal"; readonly edited?: readonly number[] | undefined }
  /** `live`: what was live after the records that this one stands in for, as far as later records tell. */
  | {
      readonly type: "recover";
      readonly what: string;
      readonly file?: string | undefined;
      readonly live?: { readonly [profile: string]: number } | undefined;
    }
  | UnknownEvent;

/** Of a type that this program does not know. `crit`: who does not understand it must not write to the store. */
export interface UnknownEvent {
  readonly type: "unknown";
  readonly name: string;
  readonly crit: boolean;
}

export type KnownEvent = Exclude<LogEvent, UnknownEvent>;

/** What a record can be called. */
export function eventTypes(): readonly string[] {
  return Object.keys(SHAPES);
}

/** The event in a record's members, or what is wrong with them. */
export function eventOf(members: JsonObject): LogEvent | string {
  const type = members.type as string;
  if (!Object.hasOwn(SHAPES, type)) return { type: "unknown", name: type, crit: members.crit === true };
  const shape = SHAPES[type as KnownEvent["type"]];
  const wrong = Object.keys(shape).find((member) => !shape[member]?.(members[member]));
  if (wrong !== undefined) return `'${wrong}' is not what a ${type} record has there`;
  if (type === "generation" && members.change === undefined && members.packages === undefined)
    return "it tells neither 'change' nor 'packages'";
  return members as unknown as LogEvent;
}

type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === "string";
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
export const objectWith =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isJsonObject(value) && Object.keys(shape).every((member) => shape[member]?.(value[member]));
const tableOf =
  (check: Check): Check =>
  (value) =>
    isJsonObject(value) && Object.values(value).every(check);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

const isPackage = objectWith({ name: isText, version: isText });
export const isChange = objectWith({
  added: listOf(isPackage),
  removed: listOf(isPackage),
  upgraded: listOf(objectWith({ name: isText, from: isPackage, to: isPackage })),
});
const CONTENT = {
  generation: isCount,
  parent: orNull(isCount),
  change: optional(isChange),
  packages: optional(listOf(isPackage)),
};
const isSnapshotProfile = objectWith({
  current: isCount,
  previous: orNull(isCount),
  lastGeneration: isCount,
  generations: isRanges,
  packages: optional(listOf(isPackage)),
  coming: optional(listOf(objectWith(CONTENT))),
  pins: listOf(isCount),
  tags: tableOf(isCount),
  uncertain: optional((value) => value === true),
});

const SHAPES: Readonly<Record<KnownEvent["type"], Readonly<Record<string, Check>>>> = {
  begin: { command: listOf(isText), user: isText, base: optional(isCount) },
  generation: { ...CONTENT, path: isText, reason: isText },
  intent: { from: isCount, to: isCount },
  commit: { from: isCount, to: isCount, changed: (value) => typeof value === "boolean", change: optional(isChange) },
  abort: { reason: objectWith({ code: isText, message: isText }) },
  pin: { generation: isCount },
  unpin: { generation: isCount },
  tag: { name: isText, generation: isCount },
  untag: { name: isText },
  delete: { generations: listOf(isCount) },
  gc: { deleted: isCount, freedBytes: isCount },
  trim: { first: isCount, dropped: objectWith({ transactions: isCount, records: isCount }) },
  snapshot: { profiles: tableOf(isSnapshotProfile) },
  migrate: { from: isCount, to: isCount },
  reseal: { edited: optional(listOf(isCount)) },
  recover: { what: isText, file: optional(isText), live: optional(tableOf(isCount)) },
};
