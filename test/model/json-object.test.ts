import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { isJsonObject, parsedText, parseJsonObject, readRecord, recordReader } from "../../src/model/json-object.ts";
import { caught } from "../helpers/caught.ts";

describe("parseJsonObject", () => {
  it("takes objects only", () => {
    expect(parseJsonObject('{"a":1}', "x")).toEqual({ a: 1 });
    for (const text of ["", "[]", "1", "null", '"a"', "{", '{"a":1}}']) {
      expect(caught(() => parseJsonObject(text, "x"))).toMatchObject({
        code: "DAMAGED",
        message: expect.stringContaining("x is damaged"),
      });
    }
    expect([{}, [], null, "a"].map(isJsonObject)).toEqual([true, false, false, false]);
  });
});

describe("recordReader", () => {
  it("gives members by kind", () => {
    const record = recordReader({ text: "t", count: 3, list: [1], none: null }, "x");
    expect(record.text("text")).toBe("t");
    expect(record.optionalText("missing")).toBeUndefined();
    expect(record.optionalText("none")).toBeUndefined();
    expect(record.count("count")).toBe(3);
    expect(record.optionalCount("missing")).toBeUndefined();
    expect(record.list("list")).toEqual([1]);
    expect(record.rest()).toEqual({});
  });

  it("leaves in the rest what was not asked for, also names that objects have anyway", () => {
    const value = JSON.parse('{"a":"1","__proto__":"2","constructor":"3"}');
    const record = recordReader(value, "x");
    record.text("a");
    expect(Object.entries(record.rest())).toEqual([
      ["__proto__", "2"],
      ["constructor", "3"],
    ]);
    expect(Object.keys(value)).toHaveLength(3);
  });

  it("says which member of which file is wrong", () => {
    const record = recordReader({ a: [], b: -1, c: {} }, "x.json");
    const faults = [
      () => record.text("a"),
      () => record.optionalText("a"),
      () => record.count("b"),
      () => record.optionalCount("b"),
      () => record.list("c"),
      () => record.parsed("missing", String),
    ];
    const members = ["a", "a", "b", "b", "c", "missing"];
    faults.forEach((fault, at) => {
      expect(caught(fault)).toMatchObject({
        code: "DAMAGED",
        message: expect.stringMatching(`^x.json .*: ${members[at]} `),
      });
    });
  });

  it("turns what a parser refuses into damage, and lets other errors pass", () => {
    const refuse = (): never => {
      throw new StoreError("INVALID_INPUT", "'x' is no y");
    };
    const where = { source: "f", member: "m" };
    expect(caught(() => parsedText("x", refuse, where))).toMatchObject({
      code: "DAMAGED",
      message: "f is damaged: m: 'x' is no y",
    });
    const crash = (): never => {
      throw new TypeError("bug");
    };
    expect(caught(() => parsedText("x", crash, where))).toBeInstanceOf(TypeError);
  });
});

describe("readRecord", () => {
  it("takes older formats and refuses newer ones", () => {
    expect(readRecord({ format: 1 }, "x", 2).rest()).toEqual({});
    expect(caught(() => readRecord({ format: 3 }, "x", 2))).toMatchObject({
      code: "NEWER_FORMAT",
      details: { file: "x", format: 3, supported: 2 },
    });
    expect(caught(() => readRecord({}, "x", 2))).toMatchObject({ code: "DAMAGED" });
  });
});
