import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultText, settingText, settingValue, shownText } from "../../src/model/config.ts";
import { parseSettingKey, SETTING_KEYS, SETTINGS } from "../../src/model/settings.ts";
import { caught } from "../helpers/caught.ts";

describe("settings", () => {
  it.each(SETTING_KEYS)("%s is told of like the others, and its default is a value that it can have", (key) => {
    expect(key).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)*$/);
    expect(SETTINGS[key].describe).toMatch(/^[A-Z].*[^.]$/);
    const text = defaultText(key);
    expect(settingValue(key, text)).toEqual(SETTINGS[key].default);
    expect(settingValue(key, undefined)).toEqual(SETTINGS[key].default);
  });

  it("are known by exactly their keys", () => {
    expect(parseSettingKey("repositories")).toBe("repositories");
    expect(caught(() => parseSettingKey("repositores"))).toMatchObject({
      code: "INVALID_INPUT",
      message: "there is no setting 'repositores'",
      hint: "Did you mean 'repositories'?",
    });
    for (const key of ["", "__proto__", "toString", "xyzzy"])
      expect(caught(() => parseSettingKey(key))).toMatchObject({ hint: "`store config` lists them all." });
  });

  it("that are a list take any number of values, others exactly one", () => {
    expect(settingText("repositories", ["/a", "https://b.example/c"])).toEqual(["/a", "https://b.example/c"]);
    expect(settingText("repositories.recursive", ["on"])).toBe("on");
    expect(settingValue("repositories.recursive", "on")).toBe(true);
    expect(settingValue("repositories", "/a")).toEqual(["/a"]);
    expect(caught(() => settingText("repositories.recursive", ["yes", "no"]))).toMatchObject({
      code: "INVALID_INPUT",
      message: "repositories.recursive takes one value, and there are 2",
    });
    expect(caught(() => settingValue("repositories.recursive", ["yes"]))).toMatchObject({ code: "INVALID_INPUT" });
  });

  it.each([
    ["repositories", "packages", /^repositories: 'packages' is neither an absolute directory nor an http URL$/],
    ["repositories", "ftp://a", /neither/],
    ["repositories", "http://", /^repositories: 'http:\/\/' is not an http URL$/],
    ["repositories.recursive", "maybe", /^repositories.recursive: 'maybe' is neither yes nor no$/],
  ] as const)("%s cannot be '%s'", (key, word, message) => {
    expect(caught(() => settingText(key, [word]))).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(message),
      details: { key, value: word },
    });
  });
});

it("a place that cannot be set is read where it was set before", () => {
  const url = "http://us:pw@h:99999/ok";
  expect(settingValue("repositories", [url])).toEqual([url]);
  const error = caught(() => settingText("repositories", ["/a", url]));
  expect(error).toMatchObject({ code: "INVALID_INPUT", details: { value: "http://h:99999/ok" } });
  expect(JSON.stringify([String(error), error])).not.toContain("pw");
});

it("a setting is shown without user name and password, and what is shown is not taken for it", () => {
  const shown = shownText(["https://us:pw@h/x", "/srv"]);
  expect(shown).toEqual(["https://***@h/x", "/srv"]);
  expect(shownText("yes")).toBe("yes");
  expect(caught(() => settingText("repositories", [...shown]))).toMatchObject({ code: "INVALID_INPUT" });
});

it.each(SETTING_KEYS)("docs/settings.md explains %s", (key) => {
  const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8");
  const row = new RegExp(`^\\| \`${key.replaceAll(".", "\\.")}\` \\|.*\\|$`, "m");
  expect(page).toMatch(row);
});
