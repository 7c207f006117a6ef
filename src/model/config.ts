import { StoreError } from "../errors.ts";
import { readAs } from "./read-as.ts";
import { SETTINGS, type Setting, type SettingKey } from "./settings.ts";
import { withoutCredentials } from "./without-credentials.ts";

/** The value that a setting has for the program. */
export type SettingValue<K extends SettingKey> = (typeof SETTINGS)[K] extends { readonly many: true }
  ? readonly ReturnType<(typeof SETTINGS)[K]["parse"]>[]
  : ReturnType<(typeof SETTINGS)[K]["parse"]>;

/** A setting as it is kept and shown: its text, or the texts of a list. */
export type SettingText = string | readonly string[];

/**
 * The value of a setting; its default where `text` is undefined.
 * @throws StoreError INVALID_INPUT
 */
export function settingValue<K extends SettingKey>(key: K, text: SettingText | undefined): SettingValue<K> {
  const setting: Setting = SETTINGS[key];
  return (text === undefined ? setting.default : parseTexts(key, setting, text)) as SettingValue<K>;
}

/**
 * What is kept when these words are given for a setting.
 * @throws StoreError INVALID_INPUT for a word that is no such value, or for several where one is asked for
 */
export function settingText(key: SettingKey, words: readonly string[]): SettingText {
  const setting: Setting = SETTINGS[key];
  const text = setting.many === true ? words : onlyWord(key, setting, words);
  parseTexts(key, setting, text);
  for (const each of [text].flat())
    readAs(key, () => checkNew(setting, each), { key, value: withoutCredentials(each) });
  return text;
}

const HIDDEN = "***@";

/** A setting as it may be shown: that a URL has a user name and a password, but not which. */
export function shownText(text: SettingText): SettingText {
  const shown = (each: string) => withoutCredentials(each, { shown: HIDDEN });
  return typeof text === "string" ? shown(text) : text.map(shown);
}

/** How the default of a setting is written. */
export function defaultText(key: SettingKey): SettingText {
  const setting: Setting = SETTINGS[key];
  return setting.many === true ? setting.default.map(plain) : (setting.defaultText ?? plain(setting.default));
}

function parseTexts(key: SettingKey, setting: Setting, text: SettingText): unknown {
  if (setting.many === true) return [text].flat().map((each) => parseText(key, setting, each));
  if (typeof text === "string") return parseText(key, setting, text);
  throw notOne(key, setting, text.length);
}

function parseText(key: SettingKey, setting: Setting, text: string): unknown {
  return readAs(key, () => setting.parse(text), { key, value: withoutCredentials(text) });
}

/** What was shown must not be taken for the value when it is given back. */
function checkNew(setting: Setting, text: string): void {
  if (text.includes(`//${HIDDEN}`)) {
    throw new StoreError("INVALID_INPUT", `in '${text}' the *** stands for a user name and a password`, {
      hint: "Write them in its place: what is shown is not the value itself.",
    });
  }
  setting.check?.(text);
}

function onlyWord(key: SettingKey, setting: Setting, words: readonly string[]): string {
  const [word] = words;
  if (word !== undefined && words.length === 1) return word;
  throw notOne(key, setting, words.length);
}

function notOne(key: SettingKey, setting: Setting, count: number): StoreError {
  return new StoreError("INVALID_INPUT", `${key} takes one value, and there are ${count}`, {
    hint: `Write \`store config ${key} ${setting.value}\`.`,
    details: { key, count },
  });
}

function plain(value: unknown): string {
  if (typeof value === "object" && value !== null && "text" in value) return String(value.text);
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}
