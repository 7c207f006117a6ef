import type { ListedSetting } from "../../operations/upkeep/config.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";

/** A setting with what it is for, and whether its default holds. */
export function settingLines(setting: ListedSetting, { paint }: Style): string[] {
  const texts = settingTexts(setting);
  const value = texts.join(" ") || "(none)";
  const mark = setting.describe === undefined ? "  (not known to this version)" : setting.isSet ? "" : "  (default)";
  const name = setting.isSet ? paint("strong", printable(setting.key)) : printable(setting.key);
  const about = setting.describe === undefined ? [] : [paint("faint", `    ${setting.describe}`)];
  return [`${name} = ${value}${mark}`, ...about];
}

/** The value alone; a list has a line for each. */
export function settingTexts({ value }: ListedSetting): string[] {
  return [value].flat().map((text) => printable(text));
}
