import { describe, expect, it } from "vitest";
import type { Json } from "../../src/model/canonical-json.ts";
import { type Derivation, derivationKey } from "../../src/model/derivation.ts";
import { isReproFileName, parseRepro, printRepro, type Repro, reproFileName } from "../../src/model/repro.ts";
import { caught } from "../helpers/caught.ts";

const DERIVATION = {
  format: 1,
  name: "a",
  version: "1",
  platform: "linux-x86_64",
  options: {},
  sources: [{ fileName: "dir/a.tar", content: "sha256-x" }],
  patches: [],
  phases: { build: "make" },
  env: {},
  inputs: [{ name: "b", kinds: ["link"], path: `${"b".repeat(32)}-b-1` }],
  host: {},
  support: 1,
  addressing: "content",
  references: { disallow: [] },
} as unknown as Derivation;

function reproWith(changes: Readonly<Record<string, unknown>> = {}): Repro {
  const derivation = { ...DERIVATION, ...changes } as Derivation;
  const { inputs } = DERIVATION;
  return {
    id: "a@1",
    width: 48,
    derivation,
    key: derivationKey(derivation as unknown as Derivation & Json),
    inputs,
    environment: { PATH: "/bin" },
    output: undefined,
    timeout: undefined,
    silentTimeout: 3,
  };
}

describe("a packed build", () => {
  it("is read as it was written", () => {
    expect(parseRepro(printRepro(reproWith()), "f")).toEqual(reproWith());
    expect(reproFileName(DERIVATION)).toBe("a-1.repro.tar.gz");
    expect([isReproFileName("./a-1.repro.tar.gz"), isReproFileName("a-1.tar.gz")]).toEqual([true, false]);
  });

  it.each([
    ["a source that lies outside", { sources: [{ fileName: "../../etc/x", content: "sha256-x" }] }],
    ["an absolute source", { patches: [{ fileName: "/x", content: "sha256-x" }] }],
    ["a source without content", { sources: [{ fileName: "x" }] }],
    ["a phase that there is not", { phases: { deploy: "rm -rf /" } }],
    ["phases that are no text", { phases: { build: 1 } }],
    ["variables that are no text", { env: { A: null } }],
    ["an input that is no object of a store", { inputs: [{ name: "b", kinds: [], path: "../b" }] }],
    ["no rules for references", { references: {} }],
    ["an unknown way of naming", { addressing: "magic" }],
    ["no name", { name: "../x" }],
  ])("is refused with %s", (_what, changes) => {
    expect(caught(() => parseRepro(printRepro(reproWith(changes)), "f"))).toMatchObject({ code: "INVALID_INPUT" });
  });

  it("is refused when the derivation is not the one of its key, and when it is newer", () => {
    const text = printRepro(reproWith());
    const other = caught(() => parseRepro(text.replace('"make"', '"make evil"'), "f"));
    expect(other).toMatchObject({ code: "INVALID_INPUT", message: expect.stringContaining("key") });
    expect(caught(() => parseRepro(text.replace('"format": 1', '"format": 2'), "f"))).toMatchObject({
      code: "NEWER_FORMAT",
    });
  });
});
