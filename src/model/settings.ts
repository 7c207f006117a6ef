import { StoreError } from "../errors.ts";
import { parseAge } from "./age.ts";
import { type Mirror, parseMirror, readMirror } from "./mirror.ts";
import { nearest } from "./nearest.ts";
import {
  type Age,
  checkSearchable,
  parseAgeOrNever,
  parseAgeText,
  parseAmount,
  parseCountOrAll,
  parseDays,
  parseDirectory,
  parseNumber,
  parseRepository,
  parseSizeOrOff,
  parseYesNo,
  type Size,
} from "./setting-values.ts";
import { checkPlace } from "./web-url.ts";

interface SettingBase<Item> {
  /** What the value is called where it is asked for: `N`, `DIR|URL`. */
  readonly value: string;
  /** One line without a full stop: what the setting decides. */
  readonly describe: string;
  /** One value from its text. @throws StoreError INVALID_INPUT saying what the text should be */
  readonly parse: (text: string) => Item;
  /**
   * Refuses more than `parse` when a person sets it. What stands in the file already is read as ever: a place where
   * nothing can be had must not keep the store from all others.
   * @throws StoreError INVALID_INPUT
   */
  readonly check?: (text: string) => unknown;
}

/** A setting with one value. */
interface SingleSetting<Item> extends SettingBase<Item> {
  readonly many?: false;
  readonly default: Item;
  /** How the default is written, where its value does not tell. */
  readonly defaultText?: string;
}

/** A setting with any number of values, whose order counts. */
interface ListSetting<Item> extends SettingBase<Item> {
  readonly many: true;
  readonly default: readonly Item[];
}

export type Setting = SingleSetting<unknown> | ListSetting<unknown>;

const NEVER: Age | "never" = "never";
const MONTH: Age | "never" = { text: "30d", milliseconds: 30 * 24 * 3_600_000 };
const ALL: number | "all" = "all";
const OFF: Size | "off" = "off";

/**
 * Everything that a person can decide for a store once and for all, by key. A command's own option goes before. A key
 * is made of lower-case words joined by dashes, in groups joined by dots.
 */
export const SETTINGS = {
  "archives.automatic": {
    value: "yes|no",
    default: false,
    describe: "Pack what is installed into the archives of the store with each change",
    parse: parseYesNo,
  },
  "archives.keep-last": {
    value: "N",
    default: 3,
    describe: "How many packed objects of each package prune keeps, although nothing needs them",
    parse: parseAmount,
  },
  "archives.younger-than": {
    value: "90d",
    default: { text: "90d", milliseconds: parseAge("90d") } as Age,
    describe: "How old a packed object that nothing needs becomes before prune removes it",
    parse: parseAgeText,
  },
  mirrors: {
    value: "URL|DIR|FROM=TO",
    many: true,
    default: [] as readonly Mirror[],
    describe: "Where sources are looked for before their own URLs, in this order, after what --mirror names",
    parse: readMirror,
    check: parseMirror,
  },
  instdir: {
    value: "DIR",
    default: "",
    describe: "Where a link to what is live in each profile is kept, unless --instdir names another place",
    parse: parseDirectory,
    check: checkSearchable,
  },
  repositories: {
    value: "DIR|URL",
    many: true,
    default: [] as readonly string[],
    describe: "Where packed objects are looked for, in this order, after what --repository names",
    parse: parseRepository,
    check: checkPlace,
  },
  "repositories.recursive": {
    value: "yes|no",
    default: false,
    describe: "Look for packed objects also in the subdirectories of repositories",
    parse: parseYesNo,
  },
  "log.keep-days": {
    value: "N|forever",
    default: undefined as number | undefined,
    defaultText: "forever",
    describe: "Drop from the log, now and then, transactions that are older than N days",
    parse: parseDays,
  },
  "log.keep-last": {
    value: "N",
    default: 100,
    describe: "Keep so many of the last transactions in the log, however old they are",
    parse: parseNumber,
  },
  "gc.older-than": {
    value: "AGE|never",
    default: NEVER,
    describe: "Generations older than this are deleted by `store gc`",
    parse: parseAgeOrNever,
  },
  "gc.keep": {
    value: "N|all",
    default: ALL,
    describe: "So many generations of each profile are kept by `store gc`, whatever their age",
    parse: parseCountOrAll,
  },
  "gc.sources": {
    value: "AGE|never",
    default: NEVER,
    describe: "Downloads that nothing used for so long are deleted by `store gc`",
    parse: parseAgeOrNever,
  },
  "gc.build-logs": {
    value: "AGE|never",
    default: NEVER,
    describe: "Logs of builds older than this are deleted by `store gc`",
    parse: parseAgeOrNever,
  },
  "gc.failed-builds": {
    value: "AGE|never",
    default: MONTH,
    describe: "Kept trees of failed builds older than this are deleted by `store gc`",
    parse: parseAgeOrNever,
  },
  "gc.min-free": {
    value: "SIZE|off",
    default: OFF,
    describe: "When less than this is free during a build, what nothing keeps is deleted",
    parse: parseSizeOrOff,
  },
  "gc.max-free": {
    value: "SIZE|off",
    default: OFF,
    describe: "Deleting for gc.min-free stops when so much is free; off: when nothing is left to delete",
    parse: parseSizeOrOff,
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof SETTINGS;

export const SETTING_KEYS: readonly SettingKey[] = (Object.keys(SETTINGS) as SettingKey[]).sort();

/** @throws StoreError INVALID_INPUT with the key that was probably meant */
export function parseSettingKey(text: string): SettingKey {
  const key = SETTING_KEYS.find((known) => known === text);
  if (key) return key;
  const guess = nearest(text, SETTING_KEYS);
  throw new StoreError("INVALID_INPUT", `there is no setting '${text}'`, {
    hint: guess ? `Did you mean '${guess}'?` : "`store config` lists them all.",
    details: { key: text, ...(guess !== undefined && { suggestion: guess }) },
  });
}
