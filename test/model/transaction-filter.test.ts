import { describe, expect, it } from "vitest";
import { chainRecords, EMPTY_LOG, type NewRecord } from "../../src/model/chain.ts";
import type { KnownEvent } from "../../src/model/log-event.ts";
import { type LogFilter, selectRecords } from "../../src/model/transaction-filter.ts";
import { summariseTransaction } from "../../src/model/transaction-summary.ts";
import { pack } from "../helpers/log-world.ts";

const TIME = "2026-11-20T10:00:00.000Z";

function typesOf(events: readonly KnownEvent[], filter: Partial<LogFilter>): string[] {
  const drafts = events.map((event): NewRecord => ({ tx: "new", profile: "default", event }));
  const records = chainRecords(drafts, EMPTY_LOG, { time: TIME, zone: "UTC" }).map(({ record }) => record);
  return selectRecords(summariseTransaction(records), { types: [], ...filter }).map(({ event }) => event.type);
}

const begin = (...command: string[]): KnownEvent => ({ type: "begin", command: ["store", ...command], user: "ada" });
const change = { added: [pack("zlib")], removed: [], upgraded: [] };
const done: readonly KnownEvent[] = [
  begin("install", "./x"),
  { type: "commit", from: 0, to: 1, changed: true, change },
];
const failed = (spec: string): readonly KnownEvent[] => [
  begin("install", spec),
  { type: "abort", reason: { code: "FAILED", message: "no" } },
];

describe("selectRecords", () => {
  it.each([
    [{}, ["begin", "commit"]],
    [{ since: TIME, until: TIME }, ["begin", "commit"]],
    [{ since: "2026-11-20T10:00:00.001Z" }, []],
    [{ until: "2026-11-20T09:59:59.999Z" }, []],
    [{ profile: "work" }, []],
    [{ name: "zlib" }, ["begin", "commit"]],
    [{ name: "z" }, []],
    [{ types: ["commit"] }, ["commit"]],
    [{ types: ["install"] }, ["begin", "commit"]],
    [{ types: ["abort", "switch"] }, []],
  ] as const)("lets through with %j: %j", (filter, expected) => {
    expect(typesOf(done, filter)).toEqual(expected);
  });

  it.each(["zlib", "zlib@1.3", "zlib+static", "npm:zlib@^1", "./dir/zlib-1.3.tar.gz"])(
    "knows what %s failed to install",
    (spec) => {
      expect(typesOf(failed(spec), { name: "zlib" })).toEqual(["begin", "abort"]);
      expect(typesOf(failed(spec), { name: "lib" })).toEqual([]);
    },
  );
});
