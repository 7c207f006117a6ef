import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { changeSetting } from "../../src/operations/upkeep/config.ts";
import { readConfigFile, readSetting, writeSetting } from "../../src/store/config-file.ts";
import { caught } from "../helpers/caught.ts";
import { makeWorld } from "../helpers/worlds.ts";

it("has defaults where there is no file", async () => {
  const store = await makeWorld({ memory: true }).store();
  expect(readSetting(store, "repositories")).toEqual([]);
  expect(existsSync(store.layout.configFile)).toBe(false);
});

it("keeps everything that it does not know", async () => {
  const store = await makeWorld({ memory: true }).store();
  const odd = {
    format: 1,
    settings: { "later.thing": { deep: [1] }, "later.text": "x", "repositories.recursive": true },
    later: 7,
  };
  writeFileSync(store.layout.configFile, JSON.stringify(odd));
  expect(readSetting(store, "repositories.recursive")).toBe(true);
  await writeSetting(store, { key: "repositories", text: ["/a"] });
  const written = () => JSON.parse(readFileSync(store.layout.configFile, "utf8"));
  expect(written()).toEqual({
    ...odd,
    settings: { ...odd.settings, repositories: ["/a"], "repositories.recursive": "true" },
  });
  await writeSetting(store, { key: "repositories", text: undefined });
  expect(written().settings).not.toHaveProperty("repositories");
  expect(statSync(store.layout.configFile).mode & 0o777).toBe(0o600);
});

it("loses no change of several that are made at once", async () => {
  const store = await makeWorld({ memory: true }).store();
  const keys = Array.from({ length: 20 }, (_, at) => `key${at}`);
  await Promise.all(keys.map((key) => writeSetting(store, { key, text: key })));
  expect([...readConfigFile(store).settings.keys()].sort()).toEqual([...keys].sort());
});

it.each([
  ["not JSON", "{", "DAMAGED"],
  ["a list", "[]", "DAMAGED"],
  ["of a newer format", '{"format":2,"settings":{}}', "NEWER_FORMAT"],
])("is refused when it is %s, and stays as it is", async (_what, text, code) => {
  const store = await makeWorld({ memory: true }).store();
  const path = store.layout.configFile;
  writeFileSync(path, text);
  expect(caught(() => readConfigFile(store))).toMatchObject({ code, details: { file: path } });
  await expect(writeSetting(store, { key: "repositories", text: ["/a"] })).rejects.toMatchObject({ code });
  expect(readFileSync(path, "utf8")).toBe(text);
});

it.each([
  ["without a format", '{"settings":{"gc.keep":"3"},"later":7}', "format is not a count"],
  ["with settings that are none", '{"format":1,"gc.keep":"3","settings":[],"later":7}', "settings is not an object"],
  ["with a setting beside settings", '{"format":1,"gc.keep":"3","later":7}', "gc.keep does not stand in settings"],
])("is refused when it is %s, and mended when a setting is changed", async (_what, text, reason) => {
  const store = await makeWorld({ memory: true }).store();
  const path = store.layout.configFile;
  writeFileSync(path, text);
  expect(caught(() => readSetting(store, "gc.keep"))).toMatchObject({
    code: "DAMAGED",
    message: expect.stringContaining(reason),
    hint: expect.stringMatching(/store config (gc\.keep|KEY) --unset/),
  });
  await writeSetting(store, { key: "mirrors", text: ["/m"] });
  const written = () => JSON.parse(readFileSync(path, "utf8"));
  expect(written()).toEqual({ format: 1, settings: { "gc.keep": "3", mirrors: ["/m"] }, later: 7 });
  writeFileSync(path, text);
  expect(await changeSetting(store, { key: "mirrors", values: undefined })).toMatchObject({ isSet: false });
  expect(readSetting(store, "gc.keep")).toBe(3);
});

it("is refused when it is no file, with a hint that leads out", async () => {
  const store = await makeWorld({ memory: true }).store();
  mkdirSync(store.layout.configFile);
  expect(caught(() => readConfigFile(store))).toMatchObject({
    code: "DAMAGED",
    hint: expect.stringContaining("move it away"),
  });
});

it("with a wrong value hurts only who asks for that setting, and says how to go on", async () => {
  const store = await makeWorld({ memory: true }).store();
  const settings = { repositories: [{ no: 1 }], "repositories.recursive": "perhaps" };
  writeFileSync(store.layout.configFile, JSON.stringify({ format: 1, settings }));
  expect(caught(() => readSetting(store, "repositories.recursive"))).toMatchObject({
    code: "INVALID_INPUT",
    message: `in ${store.layout.configFile}: repositories.recursive: 'perhaps' is neither yes nor no`,
    hint: expect.stringContaining("store config repositories.recursive --unset"),
  });
  expect(caught(() => readSetting(store, "repositories"))).toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining("repositories is neither text nor a list of texts"),
  });
  await writeSetting(store, { key: "repositories", text: ["/a"] });
  expect(readSetting(store, "repositories")).toEqual(["/a"]);
});
