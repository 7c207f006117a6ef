import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { type Manifest, parseManifest, printManifest } from "../../src/model/manifest.ts";
import { anyDamage } from "../helpers/any-damage.ts";
import { caught } from "../helpers/caught.ts";

const DIGEST = "mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba";
const RECORD = {
  format: 1,
  path: `${DIGEST}-zlib-1.3.1`,
  name: "zlib",
  version: "1.3.1",
  treeId: "66697365".repeat(8),
  addressing: "content",
  size: 5000,
  files: 3,
  references: [`${DIGEST}-glibc-2.36`],
  localised: true,
  created: "2026-01-02T03:04:05.000Z",
  origin: { kind: "archive", file: "zlib.tar.gz" },
};

const parse = (changes: object = {}) => parseManifest(JSON.stringify({ ...RECORD, ...changes }), "m.json");

describe("a manifest", () => {
  it("is read into its members", () => {
    const { format: _, ...known } = RECORD;
    expect(parse()).toEqual({ ...known, unknown: {} });
  });

  it("keeps members that it does not know, wherever JSON puts them", () => {
    const text = JSON.stringify({ ...RECORD, later: { a: [1] }, zz: null }).replace("{", '{"__proto__":{"x":1},');
    const again = JSON.parse(printManifest(parseManifest(text, "m.json")));
    expect({ ...again, sum: undefined }).toEqual({ ...JSON.parse(text), sum: undefined });
    expect(Object.keys(again)).toContain("__proto__");
    expect(parse({ addressing: "input", origin: { kind: "build", key: "k", later: 1 } })).toMatchObject({
      addressing: "input",
      origin: { later: 1 },
    });
  });

  it("has a sum, by which every change shows that its form allows", () => {
    const written = JSON.parse(printManifest(parse()));
    for (const change of [
      { references: [] },
      { created: "2026-01-02T03:04:05.001Z" },
      { origin: { ...RECORD.origin, file: "zlib.tar.xz" } },
      { later: 1 },
    ])
      expect(caught(() => parseManifest(JSON.stringify({ ...written, ...change }), "m.json"))).toMatchObject({
        code: "DAMAGED",
        message: "m.json is damaged: its sum is that of other content",
      });
    // The order of members and the spaces between them do not count.
    const turned = Object.fromEntries(Object.entries(written).reverse());
    expect(parseManifest(JSON.stringify(turned), "m.json")).toEqual(parse());
  });

  it("comes back as it was written", () => {
    const manifest: Manifest = parse({ later: 1 });
    expect(parseManifest(printManifest(manifest), "m.json")).toEqual(manifest);
    expect(printManifest(manifest)).toMatch(/^\{\n {2}"format": 1,\n[\s\S]*\}\n$/);
  });

  it.each<[string, object]>([
    ["path", { path: "zlib-1.3.1" }],
    ["path", { path: 7 }],
    ["name", { name: "../x" }],
    ["version", { version: "" }],
    ["version", { version: 1.1 }],
    ["treeId", { treeId: "abc" }],
    ["addressing", { addressing: "other" }],
    ["size", { size: -1 }],
    ["files", { files: "3" }],
    ["references", { references: ["../../etc"] }],
    ["references", { references: [[RECORD.path]] }],
    ["references", { references: RECORD.path }],
    ["localised", { localised: "yes" }],
    ["created", { created: 0 }],
    ["origin", { origin: "archive" }],
    ["origin", { origin: {} }],
    ["format", { format: "1" }],
  ])("with a wrong %s is damaged, and the file is named: %j", (member, changes) => {
    expect(caught(() => parse(changes))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringMatching(new RegExp(`^m\\.json is damaged: .*${member}`)),
      hint: expect.stringContaining("store verify"),
      details: { file: "m.json" },
    });
  });

  it("of a newer format is refused, whatever else is in it", () => {
    expect(caught(() => parse({ format: 2, path: 7 }))).toMatchObject({ code: "NEWER_FORMAT" });
  });

  it("that is anything else is damaged, and never crashes the reader", () => {
    fc.assert(
      fc.property(anyDamage(RECORD), (text) => {
        try {
          parseManifest(text, "m.json");
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
          expect((error as StoreError).code).toMatch(/^(DAMAGED|NEWER_FORMAT)$/);
          expect((error as StoreError).message).toContain("m.json");
        }
      }),
      { numRuns: 2000 },
    );
  });
});
