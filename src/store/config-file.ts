import { StoreError } from "../errors.ts";
import { type SettingText, type SettingValue, settingValue } from "../model/config.ts";
import { damageOf, isCount, isJsonObject, readRecord } from "../model/json-object.ts";
import { parseSettingKey, type SettingKey } from "../model/settings.ts";
import { readTextIfPresent, writeFileAtomic } from "../system/atomic-file.ts";
import { acquireLock } from "../system/lock.ts";
import { createTemporaryDirectory } from "../system/temporary-directory.ts";
import { lockPath } from "./layout.ts";
import type { Store } from "./open-store.ts";

const CONFIG_FORMAT = 1;

/** `config.json`: what a person decided for a store. Settings that this version does not know stay in it. */
export interface ConfigFile {
  /** Texts by key, in the order of the file. */
  readonly settings: ReadonlyMap<string, SettingText>;
  /** What stands there that is neither text nor a list of texts, by key: kept, and refused when it is asked for. */
  readonly odd: ReadonlyMap<string, unknown>;
  readonly unknown: Readonly<Record<string, unknown>>;
}

/**
 * One setting, for an operation that needs it: one small file is read, and only this setting is looked at.
 * @throws StoreError INVALID_INPUT naming the file when the value in it cannot be; DAMAGED; NEWER_FORMAT
 */
export function readSetting<K extends SettingKey>(store: Store, key: K): SettingValue<K> {
  const path = store.layout.configFile;
  const { settings, odd } = readConfigFile(store);
  try {
    if (odd.has(key)) throw new StoreError("INVALID_INPUT", `${key} is neither text nor a list of texts`);
    return settingValue(key, settings.get(key));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "INVALID_INPUT") throw error;
    throw new StoreError("INVALID_INPUT", `in ${path}: ${error.message}`, {
      hint: `Set it anew with \`store config ${key} …\`, or go back to the default with \`store config ${key} --unset\`.`,
      details: { ...error.details, file: path },
      cause: error,
    });
  }
}

/** @throws StoreError DAMAGED, NEWER_FORMAT */
export function readConfigFile(store: Store): ConfigFile {
  const { faults, ...config } = readMendable(store);
  if (faults.length > 0) throw wrongShape(store.layout.configFile, faults);
  return config;
}

/** What can be read of a file that was written by hand, as it will be written again. */
export interface MendableConfig extends ConfigFile {
  /** What is wrong with its shape. */
  readonly faults: readonly ConfigFault[];
}

interface ConfigFault {
  readonly reason: string;
  /** The setting that is in the wrong place. */
  readonly key?: string;
}

/** @throws StoreError DAMAGED for a file that is no JSON object, NEWER_FORMAT */
export function readMendable({ layout }: Store): MendableConfig {
  const path = layout.configFile;
  const text = readConfigText(path);
  if (text === undefined) return { settings: new Map(), odd: new Map(), unknown: {}, faults: [] };
  const { format, settings = {}, ...members } = parseText(text, path);
  if (isCount(format)) readRecord({ format }, path, CONFIG_FORMAT);
  const misplaced = Object.entries(members).filter(([key]) => isKnownSetting(key));
  const unknown = Object.entries(members).filter(([key]) => !isKnownSetting(key));
  const entries = isJsonObject(settings) ? Object.entries(settings) : [];
  const texts = [...misplaced, ...entries].map(([key, value]) => [key, value, asText(value)] as const);
  return {
    settings: new Map(texts.flatMap(([key, , text]) => (text === undefined ? [] : [[key, text] as const]))),
    odd: new Map(texts.flatMap(([key, value, text]) => (text === undefined ? [[key, value] as const] : []))),
    unknown: Object.fromEntries(unknown),
    faults: [
      ...(isCount(format) ? [] : [{ reason: "format is not a count" }]),
      ...(isJsonObject(settings) ? [] : [{ reason: "settings is not an object" }]),
      ...misplaced.map(([key]) => ({ reason: `${key} does not stand in settings`, key })),
    ],
  };
}

/**
 * Gives a setting a text, or takes it out of the file so that the default holds. Everything else in the file stays as
 * it is, but for its shape, which is mended. The lock is held for a moment only, so that waiting for it is not asked about.
 */
export async function writeSetting(
  store: Store,
  change: { readonly key: string; readonly text: SettingText | undefined },
  signal?: AbortSignal,
): Promise<void> {
  const { command, now } = store.context;
  const options = { command: command.join(" "), now, wait: true, signal };
  using _lock = await acquireLock(lockPath(store.layout, "config"), options);
  const { settings, odd, unknown } = readMendable(store);
  const kept = [...odd, ...settings].filter(([key]) => key !== change.key);
  const all = change.text === undefined ? kept : [...kept, [change.key, change.text] as const];
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1));
  const content = { format: CONFIG_FORMAT, settings: Object.fromEntries(sorted), ...unknown };
  using scratch = createTemporaryDirectory(store.layout.temporary, command.join(" "), now);
  // A repository's URL can hold a password.
  const write = { mode: 0o600, scratch: scratch.path };
  writeFileAtomic(store.layout.configFile, `${JSON.stringify(content, null, 2)}\n`, write);
}

/** Whether a key that stands in the file is one of this version. */
export function isKnownSetting(key: string): key is SettingKey {
  try {
    return parseSettingKey(key) === key;
  } catch {
    return false;
  }
}

/** Who writes the file by hand writes numbers and truth values as JSON has them. */
function asText(value: unknown): SettingText | undefined {
  if (Array.isArray(value)) {
    const texts = value.map(asSingleText);
    return texts.every((text) => text !== undefined) ? texts : undefined;
  }
  return asSingleText(value);
}

function asSingleText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function readConfigText(path: string): string | undefined {
  try {
    return readTextIfPresent(path);
  } catch (error) {
    const reason = damageOf(error);
    throw reason === undefined ? error : damagedConfig(path, reason, error);
  }
}

function parseText(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw damagedConfig(path, cause instanceof Error ? cause.message : "it is not JSON", cause);
  }
  throw damagedConfig(path, "it is not a JSON object");
}

function wrongShape(path: string, faults: readonly ConfigFault[]): StoreError {
  const key = faults.find((fault) => fault.key !== undefined)?.key ?? "KEY";
  return new StoreError("DAMAGED", `${path} is damaged: ${faults.map(({ reason }) => reason).join(", ")}`, {
    hint: `\`store config ${key} --unset\` writes the file anew, and so does \`store config ${key} VALUE\`; other settings stay.`,
    details: { file: path },
  });
}

function damagedConfig(path: string, reason: string, cause?: unknown): StoreError {
  return new StoreError("DAMAGED", `${path} cannot be read: ${reason}`, {
    hint: "Mend it by hand, or move it away: without it all settings have their defaults.",
    details: { file: path },
    cause,
  });
}
