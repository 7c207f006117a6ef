import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { readStoreFile, type StoreFile, writeStoreFile } from "../../src/store/store-file.ts";
import { anyDamage } from "../helpers/any-damage.ts";
import { caught } from "../helpers/caught.ts";
import { makeWorld } from "../helpers/worlds.ts";

const RECORD = {
  format: 1,
  width: 48,
  id: "0123456789abcdef0123456789abcdef",
  storeDir: "/s/pkgs".padEnd(48, "_"),
  created: "2026-01-02T03:04:05.000Z",
};

const storeFile = () => join(makeWorld({ memory: true }).directory, "store.json");

function readText(text: string, path = storeFile()): StoreFile | undefined {
  writeFileSync(path, text);
  return readStoreFile(path);
}

describe("store.json", () => {
  it("is read, or missing", () => {
    expect(readStoreFile(storeFile())).toBeUndefined();
    expect(readText(JSON.stringify(RECORD))).toEqual({ ...RECORD, unknown: {} });
  });

  it("keeps members that it does not know when it is written again", () => {
    const path = storeFile();
    const odd = { ...RECORD, later: { a: 1 } };
    writeStoreFile(path, readText(JSON.stringify(odd), path) as StoreFile);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(odd);
    expect(readdirSync(dirname(path))).toEqual(["store.json"]);
  });

  it("with an admindir that depends on the working directory is damaged", () => {
    expect(caught(() => readText(JSON.stringify({ ...RECORD, adminDir: "admin" })))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining("adminDir is no absolute path"),
    });
  });

  it("that is no file is damaged, and the hint leads out", () => {
    const path = storeFile();
    mkdirSync(path);
    expect(caught(() => readStoreFile(path))).toMatchObject({
      code: "DAMAGED",
      hint: expect.stringContaining("by hand"),
    });
  });

  it.each([
    ["width", { width: 47 }],
    ["width", { width: "48" }],
    ["id", { id: "x" }],
    ["id", { id: undefined }],
    ["storeDir", { storeDir: 1 }],
    ["created", { created: null }],
    ["format", { format: "new" }],
  ])("with a wrong %s is damaged, and the file is named", (member, change) => {
    const path = storeFile();
    expect(caught(() => readText(JSON.stringify({ ...RECORD, ...change }), path))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringContaining(member),
      hint: expect.stringContaining("by hand"),
      details: { file: path },
    });
  });

  it("of a newer format is refused, whatever else is in it", () => {
    const error = caught(() => readText(JSON.stringify({ format: 2, width: "wide" })));
    expect(error).toMatchObject({ code: "NEWER_FORMAT", details: { format: 2, supported: 1 } });
  });

  it("that is anything else is damaged, and never crashes the reader", () => {
    const path = storeFile();
    fc.assert(
      fc.property(anyDamage(RECORD), (text) => {
        try {
          readText(text, path);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
          expect((error as StoreError).code).toMatch(/^(DAMAGED|NEWER_FORMAT)$/);
          expect((error as StoreError).message).toContain(path);
        }
      }),
      { numRuns: 500 },
    );
  });
});
