import { defaultText, type SettingText, settingText } from "../../model/config.ts";
import { parseSettingKey, SETTING_KEYS, SETTINGS, type SettingKey } from "../../model/settings.ts";
import { isKnownSetting, readConfigFile, readMendable, writeSetting } from "../../store/config-file.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import type { RunOptions } from "../run-options.ts";

export interface ListedSetting {
  readonly key: string;
  /** As it stands in the file, else the default. */
  readonly value: SettingText;
  readonly isSet: boolean;
  /** Absent for a setting that this version does not know. */
  readonly default?: SettingText;
  readonly describe?: string;
}

/** Every setting in the order of their keys, and those of the file that this version does not know. */
export function listSettings(store: Store): readonly ListedSetting[] {
  const { settings, odd } = readConfigFile(store);
  const known = SETTING_KEYS.map((key) => listed(key, settings.get(key) ?? shown(odd.get(key))));
  const foreign = [...settings.keys(), ...odd.keys()].filter((key) => !isKnownSetting(key));
  return [
    ...known,
    ...foreign.map((key) => ({ key, value: settings.get(key) ?? JSON.stringify(odd.get(key)), isSet: true })),
  ];
}

/** @throws StoreError INVALID_INPUT when there is no such setting */
export function getSetting(store: Store, key: string): ListedSetting {
  const known = parseSettingKey(key);
  const { settings, odd } = readConfigFile(store);
  return listed(known, settings.get(known) ?? shown(odd.get(known)));
}

/**
 * Gives a setting other values, or (without any) its default again. Returns it as it is then.
 * @throws StoreError INVALID_INPUT for a value that it cannot have, or when there is no such setting
 */
export async function changeSetting(
  store: Store,
  request: { readonly key: string; readonly values?: readonly string[] | undefined },
  run: RunOptions = {},
): Promise<ListedSetting> {
  run.signal?.throwIfAborted();
  refuseReadOnly(store);
  const { key, values } = request;
  if (values === undefined) return unset(store, key, run);
  const known = parseSettingKey(key);
  const text = settingText(known, values);
  await writeSetting(store, { key: known, text }, run.signal);
  return listed(known, text);
}

/** Also a setting of another version can be taken out. */
async function unset(store: Store, key: string, run: RunOptions): Promise<ListedSetting> {
  const { settings, odd, faults } = readMendable(store);
  const isThere = settings.has(key) || odd.has(key);
  if (isKnownSetting(key)) {
    if (isThere || faults.length > 0) await writeSetting(store, { key, text: undefined }, run.signal);
    return listed(key, undefined);
  }
  if (!isThere) throw unknownKey(key);
  await writeSetting(store, { key, text: undefined }, run.signal);
  return { key, value: "", isSet: false };
}

function unknownKey(key: string): unknown {
  try {
    return parseSettingKey(key);
  } catch (error) {
    return error;
  }
}

function listed(key: SettingKey, text: SettingText | undefined): ListedSetting {
  const standard = defaultText(key);
  const { describe } = SETTINGS[key];
  return { key, value: text ?? standard, isSet: text !== undefined, default: standard, describe };
}

function shown(odd: unknown): string | undefined {
  return odd === undefined ? undefined : JSON.stringify(odd);
}
