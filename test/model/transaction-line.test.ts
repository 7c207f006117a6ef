import { describe, expect, it } from "vitest";
import { chainRecords, EMPTY_LOG, type NewRecord } from "../../src/model/chain.ts";
import type { KnownEvent, LogPackage } from "../../src/model/log-event.ts";
import { changeText, timeTeller, transactionLiner } from "../../src/model/transaction-line.ts";
import { summariseTransaction } from "../../src/model/transaction-summary.ts";
import { pack } from "../helpers/log-world.ts";
import { zonedTime } from "../helpers/zoned-time.ts";

const NOW = Date.parse("2026-11-20T18:00:00.000Z");
const BERLIN = { now: NOW, localTime: zonedTime("Europe/Berlin") };

function line(drafts: readonly (Omit<NewRecord, "tx"> & { tx?: 0 })[], time = "2026-11-19T17:04:00.000Z"): string {
  const end = { ...EMPTY_LOG, carry: { ...EMPTY_LOG.carry, lastTx: 56 } };
  const chained = chainRecords(
    drafts.map((draft) => ({ tx: "new" as const, ...draft })),
    end,
    { time, zone: "UTC" },
  );
  return transactionLiner(BERLIN)(summariseTransaction(chained.map(({ record }) => record)));
}

function of(...events: readonly KnownEvent[]) {
  return events.map((event) => ({ event, profile: "default" }));
}

function begin(...command: string[]): KnownEvent {
  return { type: "begin", command: ["store", ...command], user: "ada", base: 41 };
}

function upgrade(from: LogPackage, to: LogPackage) {
  return { added: [], removed: [], upgraded: [{ name: from.name, from, to }] };
}

describe("transactionLiner", () => {
  it("says who did what when", () => {
    const change = upgrade(pack("mpfr", "4.2.0"), pack("mpfr", "4.2.2"));
    expect(line(of(begin("upgrade", "mpfr"), { type: "commit", from: 41, to: 42, changed: true, change }))).toBe(
      "#57  yesterday 18:04  upgrade  gen-41 → gen-42  mpfr {4.2.0 -> 4.2.2}  (store upgrade mpfr)",
    );
  });

  it.each([
    [
      of(begin("--root", "/a b", "install", "x"), { type: "commit", from: 41, to: 41, changed: false }),
      "#57  yesterday 18:04  install  nothing changed  (store --root '/a b' install x)",
    ],
    [
      of(begin("install", "mpc"), { type: "abort", reason: { code: "BUILD_FAILED", message: "mpc: exit 2" } }),
      "#57  yesterday 18:04  install  failed: mpc: exit 2  (store install mpc)",
    ],
    [
      of(begin("install", "mpc"), {
        type: "abort",
        reason: { code: "CONFLICT", message: "a and b have different content at\n  bin/x\n  bin/y" },
      }),
      "#57  yesterday 18:04  install  failed: a and b have different content at: bin/x, bin/y  (store install mpc)",
    ],
    [
      of(begin("install", "mpc"), {
        type: "abort",
        reason: { code: "BUILD_FAILED", message: "mpc: exit 2\n  the log ends:\n  | a\n  | b\n  whole log: /x" },
      }),
      "#57  yesterday 18:04  install  failed: mpc: exit 2: whole log: /x  (store install mpc)",
    ],
    [of(begin("gc")), "#57  yesterday 18:04  gc  not finished  (store gc)"],
    [of({ type: "pin", generation: 7 }), "#57  yesterday 18:04  pin  gen-7"],
    [of({ type: "tag", name: "good", generation: 7 }), "#57  yesterday 18:04  tag  good = gen-7"],
    [of({ type: "delete", generations: [1, 2] }), "#57  yesterday 18:04  delete  gen-1, gen-2"],
    [[{ event: { type: "gc", deleted: 3, freedBytes: 10 } }], "#57  yesterday 18:04  gc  3 objects, 10 bytes freed"],
    [
      [{ event: { type: "gc", deleted: 1, freedBytes: 1234 } }],
      "#57  yesterday 18:04  gc  1 object, 1,234 bytes freed",
    ],
    [
      [{ event: { type: "trim", first: 9, dropped: { transactions: 1, records: 8 } } }],
      "#57  yesterday 18:04  trim  1 transaction dropped",
    ],
    [
      [{ event: { type: "trim", first: 9, dropped: { transactions: 4, records: 8 } } }],
      "#57  yesterday 18:04  trim  4 transactions dropped",
    ],
    [[{ event: { type: "reseal", edited: [4, 7] } }], "#57  yesterday 18:04  reseal  edited: 4, 7"],
    [
      [{ tx: 0, event: { type: "recover", what: "torn", file: "torn/x.txt" } }],
      "-  yesterday 18:04  recover  torn, kept in log/torn/x.txt",
    ],
    [[{ profile: "work", event: { type: "pin", generation: 7 } }], "#57  yesterday 18:04  pin  [work]  gen-7"],
  ] as const)("tells %j", (drafts, expected) => {
    expect(line(drafts as never)).toBe(expected);
  });

  it("lets no control character through, wherever it stands", () => {
    const evil = "\u001b]0;x\u0007\n\u202e";
    const change = upgrade(pack("a", `1${evil}`), pack("a", "2"));
    const text = line([
      { profile: evil, event: { type: "begin", command: ["store", `in${evil}`], user: evil } },
      { profile: evil, event: { type: "abort", reason: { code: evil, message: evil } } },
      { profile: evil, event: { type: "commit", from: 1, to: 2, changed: true, change } },
    ]);
    expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(text).toContain("\\u{1b}");
  });

  it("shows that the clock went back", () => {
    const first = chainRecords([{ tx: "new", event: { type: "gc", deleted: 0, freedBytes: 0 } }], EMPTY_LOG, {
      time: "2026-11-20T18:00:00.000Z",
      zone: "UTC",
    })[0];
    const end = { ...EMPTY_LOG, seq: 1, time: first?.record.time ?? "", carry: { ...EMPTY_LOG.carry, lastTx: 1 } };
    const [second] = chainRecords([{ tx: "new", event: { type: "gc", deleted: 0, freedBytes: 0 } }], end, {
      time: "2026-11-20T17:00:00.000Z",
      zone: "UTC",
    });
    const teller = transactionLiner(BERLIN);
    expect(teller(summariseTransaction([second?.record as never]))).toContain("(the clock went back)");
    expect(teller(summariseTransaction([first?.record as never]))).not.toContain("clock");
  });
});

describe("changeText", () => {
  it("tells versions, options and rebuilds", () => {
    const base = { ...pack("foo", "1.2"), options: { x11: true, gui: "qt" } };
    expect(changeText({ added: [pack("a")], removed: [pack("b")], upgraded: [] })).toBe("+a 1.0, -b 1.0");
    expect(changeText(upgrade(base, { ...base, options: { x11: false, gui: "qt" } }))).toBe("foo 1.2 [+x11 → -x11]");
    expect(changeText(upgrade(base, { ...base, options: { x11: true, gui: "gtk" } }))).toBe(
      "foo 1.2 [gui=qt → gui=gtk]",
    );
    expect(changeText(upgrade(base, { ...base, path: "other" }))).toBe("foo 1.2 (rebuilt)");
  });

  it("keeps long lists short", () => {
    const added = Array.from({ length: 12 }, (_, at) => pack(`p${at}`));
    const text = changeText({ added, removed: [], upgraded: [] });
    expect(text).toMatch(/^\+p0 1\.0, .*\+p7 1\.0 and 4 more$/);
    expect(changeText({ added: added.slice(0, 9), removed: [], upgraded: [] })).not.toContain("more");
  });
});

describe("timeTeller", () => {
  it.each([
    ["2026-11-20T17:59:00.000Z", "today 18:59"],
    ["2026-11-19T23:00:00.000Z", "today 00:00"],
    ["2026-11-19T22:59:00.000Z", "yesterday 23:59"],
    ["2026-11-16T12:00:00.000Z", "monday 13:00"],
    ["2026-11-14T12:00:00.000Z", "saturday 13:00"],
    ["2026-11-13T12:00:00.000Z", "2026-11-13 13:00"],
    ["2026-11-21T12:00:00.000Z", "2026-11-21 13:00"],
    ["2026-07-01T12:00:00.000Z", "2026-07-01 14:00"],
  ])("tells %s as %s", (time, expected) => {
    expect(timeTeller(BERLIN)(time)).toBe(expected);
  });
});
