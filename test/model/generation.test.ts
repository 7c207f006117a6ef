import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { DEFAULT_PRIORITY, parseGeneration, printGeneration } from "../../src/model/generation.ts";
import { anyDamage } from "../helpers/any-damage.ts";
import { caught } from "../helpers/caught.ts";

const DIGEST = "mzuxgzlsmvxgk3tfon2gkzdjm5sxg5ba";
const PACKAGE = {
  name: "zlib",
  version: "1.3.1",
  options: { static: false, abi: "64" },
  path: `${DIGEST}-zlib-1.3.1`,
  priority: 4,
  requested: "zlib@1",
};
const RECORD = {
  format: 1,
  generation: 41,
  profile: "default",
  created: "2026-01-02T03:04:05.000Z",
  parent: 40,
  reason: "install zlib",
  transaction: 57,
  path: `${DIGEST}-profile-default`,
  packages: [PACKAGE],
};

const parse = (changes: object = {}) => parseGeneration(JSON.stringify({ ...RECORD, ...changes }), "gen-41.json");
const withPackage = (changes: object) => ({ packages: [{ ...PACKAGE, ...changes }] });

describe("a generation record", () => {
  it("is read into its members, and comes back as it was written", () => {
    const generation = parse();
    expect(generation).toMatchObject({ generation: 41, parent: 40, packages: [PACKAGE] });
    expect(JSON.parse(printGeneration(generation))).toEqual(RECORD);
    expect(parseGeneration(printGeneration(generation), "x")).toEqual(generation);
  });

  it("is not printed when it could not be read again", () => {
    const good = parse();
    const [item] = good.packages;
    const odd = [
      ...[-1, 1.5, Number.NaN, 2 ** 53, "3"].map((priority) => ({ packages: [{ ...item, priority }] })),
      { packages: [{ ...item, path: "../zlib" }] },
      { packages: [{ ...item, options: { static: 1 } }] },
      { path: "nowhere" },
      { transaction: Number.NaN },
      { closure: ["zlib"] },
      { profile: "../default" },
    ];
    for (const changes of odd)
      expect(caught(() => printGeneration({ ...good, ...changes } as typeof good))).toMatchObject({
        code: "FAILED",
        message: expect.stringMatching(/^the record of gen-41 is not written/),
      });
  });

  it("keeps members that it does not know, also those of a package", () => {
    const odd = { ...RECORD, later: [1], ...withPackage({ pinned: true }) };
    expect(JSON.parse(printGeneration(parse(odd)))).toEqual(odd);
  });

  it("means the same whatever stands beside its members, and in whatever order they stand", () => {
    const anyMember = fc.constantFrom(...Object.keys(PACKAGE));
    const anyValue = fc.constantFrom<unknown>(
      "zlib",
      "1.3.1",
      4,
      -1,
      {},
      { static: true },
      { static: 1 },
      null,
      "a b",
      "",
    );
    fc.assert(
      fc.property(anyMember, anyValue, (member, value) => {
        const item = { ...PACKAGE, [member]: value };
        const beside = { zzz: 1, ...Object.fromEntries(Object.entries(item).reverse()) };
        const [plain, long] = [item, beside].map((each) => {
          try {
            return { ...parse({ packages: [each] }).packages[0], unknown: {} };
          } catch (error) {
            return (error as StoreError).message;
          }
        });
        expect(plain).toEqual(long);
      }),
    );
  });

  it("has no parent at the beginning, and defaults for what was not recorded", () => {
    const { parent: _, ...first } = RECORD;
    expect(parseGeneration(JSON.stringify({ ...first, generation: 0 }), "x").parent).toBeUndefined();
    expect(JSON.parse(printGeneration(parse({ parent: null })))).not.toHaveProperty("parent");
    const { priority: __, requested: ___, options: ____, ...bare } = PACKAGE;
    expect(parse({ packages: [bare] }).packages[0]).toMatchObject({
      priority: DEFAULT_PRIORITY,
      requested: "zlib",
      options: {},
    });
  });

  it.each<[string, object]>([
    ["generation", { generation: -1 }],
    ["profile", { profile: "a/b" }],
    ["created", { created: null }],
    ["parent", { parent: "40" }],
    ["reason", { reason: 1 }],
    ["transaction", { transaction: 1.5 }],
    ["path", { path: "gen-41" }],
    ["packages", { packages: {} }],
    ["package", { packages: ["zlib"] }],
    ["name", withPackage({ name: "a b" })],
    ["version", withPackage({ version: "" })],
    ["path", withPackage({ path: "/bin" })],
    ["priority", withPackage({ priority: "high" })],
    ["requested", withPackage({ requested: 1 })],
    ["options", withPackage({ options: [] })],
    ["options", withPackage({ options: { static: 1 } })],
  ])("with a wrong %s is damaged, and the file is named: %j", (member, changes) => {
    expect(caught(() => parse(changes))).toMatchObject({
      code: "DAMAGED",
      message: expect.stringMatching(new RegExp(`^gen-41\\.json is damaged: .*${member}`)),
    });
  });

  it("of a newer format is refused", () => {
    expect(caught(() => parse({ format: 2 }))).toMatchObject({ code: "NEWER_FORMAT" });
  });

  it("that is anything else is damaged, and never crashes the reader", () => {
    const damage = fc.oneof(
      anyDamage(RECORD),
      anyDamage(PACKAGE).map((text) => `{"format":1,"packages":[${text}]}`),
      anyDamage(PACKAGE).map((text) => JSON.stringify(RECORD).replace(JSON.stringify(PACKAGE), text)),
    );
    fc.assert(
      fc.property(damage, (text) => {
        try {
          parseGeneration(text, "gen-41.json");
        } catch (error) {
          expect(error).toBeInstanceOf(StoreError);
          expect((error as StoreError).code).toMatch(/^(DAMAGED|NEWER_FORMAT)$/);
          expect((error as StoreError).message).toContain("gen-41.json");
        }
      }),
      { numRuns: 2000 },
    );
  });
});
