import { StoreError } from "../../errors.ts";
import { shownText } from "../../model/config.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "../../model/settings.ts";
import type { ListedSetting } from "../../operations/upkeep/config.ts";
import { type Completes, defineCommand } from "../command.ts";
import { settingLines, settingTexts } from "../output/setting-lines.ts";

/** What can stand there, as the description of the value says: `N|all`, `DIR|URL`. */
function settingValues(key: string): Completes | undefined {
  const alternatives = SETTING_KEYS.includes(key as SettingKey) ? SETTINGS[key as SettingKey].value.split("|") : [];
  return alternatives.includes("DIR") ? "directory" : alternatives.filter((word) => /^[a-z]+$/.test(word));
}

export const command = defineCommand({
  name: "config",
  summary: "Show or change the settings of the store",
  details:
    "Without a key all settings are shown, with a key its value. A setting that is a list takes all values that it " +
    "shall have. Settings hold for this store only; an option of a command goes before.",
  positionals: {
    key: { need: "optional", describe: "Which setting", completes: SETTING_KEYS },
    value: { need: "any", describe: "What it shall be", completes: ([key = ""]) => settingValues(key) },
  },
  options: { unset: { type: "boolean", describe: "Take the setting out, so that its default holds again" } },
  examples: [
    ["store config", "shows all settings"],
    ["store config repositories /srv/packages https://example.org/packages", "sets a list"],
    ["store config repositories --unset", "goes back to the default"],
  ],
  json: "[{key, value, isSet, default?, describe?}], or one of them",
  async run(context, { key, value, unset }) {
    const { changeSetting, getSetting, listSettings } = await import("../../operations/upkeep/config.ts");
    const store = await context.openStore();
    if (key === undefined) {
      if (unset) throw new StoreError("USAGE", "--unset needs the key of a setting", { hint: "See `store config`." });
      const settings = listSettings(store).map(shown);
      context.output.result(settings, (style) => settings.flatMap((each) => settingLines(each, style)));
      return undefined;
    }
    if (unset && value.length > 0) {
      const hint = "Leave out one of them.";
      throw new StoreError("USAGE", "a value and --unset were given at the same time", { hint });
    }
    const isChange = unset || value.length > 0;
    const setting = shown(
      isChange
        ? await changeSetting(store, { key, values: unset ? undefined : value }, context.run)
        : getSetting(store, key),
    );
    context.output.result(setting, () => (isChange ? [] : settingTexts(setting)));
    if (isChange) context.output.note(() => `${key} is now ${settingTexts(setting).join(" ") || "empty"}`);
    return undefined;
  },
});

/** The screen is seen by others, and what a program prints is kept in places of all kinds. */
function shown(setting: ListedSetting): ListedSetting {
  return { ...setting, value: shownText(setting.value) };
}
