import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/model/log-event.ts";
import { isFault, type LogRecord, linkFault, parseLine, sealLine, ZERO_SUM } from "../../src/model/log-record.ts";

const PIN: JsonObject = {
  v: 1,
  seq: 1,
  time: "2026-11-20T18:04:05.123Z",
  zone: "Europe/Berlin",
  tx: 1,
  type: "pin",
  profile: "default",
  generation: 7,
  carry: { due: [64, 262_144], era: 1, lastTx: 1 },
  prev: ZERO_SUM,
};

function record(changes: JsonObject = {}): LogRecord {
  const parsed = parseLine(sealLine({ ...PIN, ...changes }));
  if (isFault(parsed)) throw new Error(parsed.reason);
  return parsed;
}

describe("sealLine and parseLine", () => {
  it("print canonical text whose sum anyone can check", () => {
    const line = sealLine(PIN);
    expect(Object.keys(JSON.parse(line))).toEqual([...Object.keys(JSON.parse(line))].sort());
    const sum = JSON.parse(line).sum;
    const unsealed = line.replace(`"sum":"${sum}",`, "");
    expect(createHash("sha256").update(unsealed).digest("hex")).toBe(sum);
    expect(record()).toMatchObject({ seq: 1, tx: 1, profile: "default", event: { type: "pin", generation: 7 } });
  });

  it("are inverse to each other for any further members", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const line = sealLine({ ...PIN, further: value as JsonObject });
        const parsed = parseLine(line) as LogRecord;
        expect(parsed.members.further).toEqual(JSON.parse(JSON.stringify(value)));
        expect(sealLine(parsed.members)).toBe(line);
      }),
    );
  });

  it("accept other spacing and order, which do not change what is said", () => {
    const members = JSON.parse(sealLine(PIN));
    const line = JSON.stringify(Object.fromEntries(Object.entries(members).reverse()), null, 1).replaceAll("\n", " ");
    expect(parseLine(line)).toEqual(parseLine(sealLine(PIN)));
    expect(parseLine(`${sealLine(PIN)}\r`)).toEqual(parseLine(sealLine(PIN)));
  });

  it("keep records of types that are not known, and say which are critical", () => {
    expect(record({ type: "teleport", to: "mars" }).event).toEqual({ type: "unknown", name: "teleport", crit: false });
    expect(record({ type: "teleport", crit: true }).event).toEqual({ type: "unknown", name: "teleport", crit: true });
    expect(record({ type: "constructor" }).event).toMatchObject({ type: "unknown" });
    expect(record({ type: "teleport", to: "mars" }).members.to).toBe("mars");
  });

  it("do without carry, as a writer might that does not know it", () => {
    expect(record({ carry: undefined }).carry).toEqual({ lastTx: 1, era: 1, due: [0, 0] });
  });

  it.each([
    ["not JSON", "hello", "damaged"],
    ["cut short", sealLine(PIN).slice(0, -1), "damaged"],
    ["a list", "[]", "damaged"],
    ["no version", sealLine({ ...PIN, v: undefined }), "damaged"],
    ["version 0", sealLine({ ...PIN, v: 0 }), "damaged"],
    ["version 2", sealLine({ ...PIN, v: 2, seq: "one" }), "newer"],
    ["version 2 with a wrong sum", sealLine({ ...PIN, v: 1 }).replace('"v":1', '"v":2'), "damaged"],
    ["number 0", sealLine({ ...PIN, seq: 0 }), "damaged"],
    ["a broken number", sealLine({ ...PIN, seq: 1.5 }), "damaged"],
    ["a local time", sealLine({ ...PIN, time: "2026-11-20T18:04:05.123+01:00" }), "damaged"],
    ["no such time", sealLine({ ...PIN, time: "2026-11-20T25:04:05.123Z" }), "damaged"],
    ["no profile", sealLine({ ...PIN, profile: undefined }), "damaged"],
    ["no generation", sealLine({ ...PIN, generation: undefined }), "damaged"],
    ["a generation as text", sealLine({ ...PIN, generation: "7" }), "damaged"],
    ["replaces something else", sealLine({ ...PIN, replaces: { first: 1, last: 4 } }), "damaged"],
    ["replaces backwards", sealLine({ ...PIN, seq: 4, replaces: { first: 5, last: 4 } }), "damaged"],
    ["other content", sealLine(PIN).replace('"generation":7', '"generation":8'), "edited"],
    ["another sum", sealLine(PIN).replace(/"sum":"./, '"sum":"x'), "damaged"],
    ["a number too large", sealLine(PIN).replace('"generation":7', '"generation":7,"x":1e999'), "edited"],
    ["deep nesting", sealLine(PIN).replace('"v":1', `"v":1,"x":${"[".repeat(9e4)}${"]".repeat(9e4)}`), "edited"],
  ])("see a fault: %s", (_, line, kind) => {
    expect(parseLine(line)).toMatchObject({ kind });
  });

  it("see every change of a single byte that changes what is said", () => {
    const line = Buffer.from(sealLine({ ...PIN, note: "żółć \ud83d\ude00 \ufffd \u0000" }));
    const before = parseLine(line.toString());
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const flipped = Buffer.from(line);
        flipped[at] = (flipped[at] as number) ^ change;
        const parsed = parseLine(flipped.toString("utf8"));
        expect(isFault(parsed) || JSON.stringify(parsed) === JSON.stringify(before)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("linkFault", () => {
  const first = record();
  const next = (changes: JsonObject) => record({ seq: 2, prev: first.sum, ...changes });

  it("accepts the beginning and what follows", () => {
    expect(linkFault(undefined, first)).toBeUndefined();
    expect(linkFault(first, next({}))).toBeUndefined();
  });

  it("accepts a record that stands in for others", () => {
    const standIn = next({ seq: 5, replaces: { first: 2, last: 5, sum: "a".repeat(64) } });
    expect(linkFault(first, standIn)).toBeUndefined();
    expect(linkFault(standIn, record({ seq: 6, prev: "a".repeat(64) }))).toBeUndefined();
    expect(linkFault(standIn, record({ seq: 6, prev: standIn.sum }))).toMatch(/chain/);
    expect(linkFault(undefined, record({ seq: 5, replaces: { first: 1, last: 5 } }))).toBeUndefined();
  });

  it("sees what is missing, misplaced or not of this chain", () => {
    expect(linkFault(undefined, record({ seq: 3 }))).toBe("records 1 to 2 are missing");
    expect(linkFault(first, next({ seq: 4 }))).toBe("records 2 to 3 are missing");
    expect(linkFault(first, next({ seq: 1 }))).toBe("record 1 stands after record 1");
    expect(linkFault(first, next({ prev: ZERO_SUM }))).toMatch(/does not continue the chain/);
    expect(linkFault(undefined, record({ prev: first.sum }))).toMatch(/chain/);
    expect(linkFault(first, next({ seq: 5, replaces: { first: 3, last: 5 } }))).toMatch(/2 to 2 are missing/);
  });
});
