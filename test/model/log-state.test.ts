import { describe, expect, it } from "vitest";
import { chainRecords, EMPTY_LOG, type NewRecord } from "../../src/model/chain.ts";
import type { KnownEvent, LogPackage } from "../../src/model/log-event.ts";
import { applyChange, replay, toSnapshot, toSnapshotStates } from "../../src/model/log-state.ts";
import { pack } from "../helpers/log-world.ts";

const profile = "default";
const STAMP = { time: "2026-11-20T18:00:00.000Z", zone: "UTC" };

function stateOf(...drafts: readonly (KnownEvent | NewRecord)[]) {
  const records = drafts.map((draft): NewRecord => ("event" in draft ? draft : { tx: "new", profile, event: draft }));
  return replay(chainRecords(records, EMPTY_LOG, STAMP).map(({ record }) => record));
}

function made(generation: number, packages: readonly LogPackage[]): KnownEvent {
  return { type: "generation", generation, parent: generation - 1, path: "p", reason: "r", packages };
}

function commit(from: number, to: number, change?: (KnownEvent & { type: "commit" })["change"]): KnownEvent {
  return { type: "commit", from, to, changed: true, change };
}

const lost = (live: { readonly [profile: string]: number }): NewRecord => ({
  tx: 0,
  event: { type: "recover", what: "lost", live },
  replaces: { first: 3, last: 3 },
});

describe("replay", () => {
  it("follows commits, not generations or intents", () => {
    const state = stateOf(made(1, [pack("b"), pack("a")]), { type: "intent", from: 0, to: 1 }).get(profile);
    expect(state).toMatchObject({ current: 0, lastGeneration: 1, generations: [[0, 1]], packages: [] });
    const live = stateOf(made(1, [pack("b"), pack("a")]), commit(0, 1)).get(profile);
    expect(live).toMatchObject({ current: 1, previous: 0, packages: [pack("a"), pack("b")] });
    expect(live?.since).toMatchObject({ seq: 2 });
  });

  it("knows no profile that nothing was done to", () => {
    const begin: KnownEvent = { type: "begin", command: ["store"], user: "ada" };
    const abort: KnownEvent = { type: "abort", reason: { code: "FAILED", message: "no" } };
    expect(stateOf(begin, abort).has(profile)).toBe(false);
  });

  it("goes back to packages that it met, or computes them from the change", () => {
    const there = stateOf(made(1, [pack("a")]), commit(0, 1), made(2, [pack("b")]), commit(1, 2), commit(2, 1)).get(
      profile,
    );
    expect(there).toMatchObject({ current: 1, previous: 2, packages: [pack("a")] });
    const snapshot = { tx: 0, event: toSnapshot([snapshotOf(9, [pack("a", "2"), pack("z")])]) } as const;
    const change = {
      added: [pack("n")],
      removed: [pack("z")],
      upgraded: [{ name: "a", from: pack("a", "2"), to: pack("a", "1") }],
    };
    expect(stateOf(snapshot, commit(9, 4, change)).get(profile)?.packages).toEqual([pack("a", "1"), pack("n")]);
  });

  it("says that packages are not known rather than guess", () => {
    const snapshot = { tx: 0, event: toSnapshot([snapshotOf(9, [pack("a", "2")])]) } as const;
    const nothing = { added: [], removed: [], upgraded: [] };
    expect(stateOf(snapshot, commit(9, 4)).get(profile)?.packages).toBeUndefined();
    expect(stateOf(snapshot, commit(9, 4, nothing)).get(profile)?.packages).toBeUndefined();
    const wrong = { ...nothing, removed: [pack("a", "1")] };
    expect(stateOf(snapshot, commit(9, 4, wrong)).get(profile)?.packages).toBeUndefined();
    expect(stateOf(snapshot, commit(9, 9, nothing)).get(profile)?.packages).toEqual([pack("a", "2")]);
  });

  it("keeps pins, tags and which generations exist", () => {
    const state = stateOf(
      made(1, []),
      made(2, []),
      { type: "pin", generation: 1 },
      { type: "pin", generation: 2 },
      { type: "unpin", generation: 1 },
      { type: "tag", name: "good", generation: 1 },
      { type: "tag", name: "bad", generation: 2 },
      { type: "untag", name: "bad" },
      { type: "delete", generations: [0] },
    ).get(profile);
    expect(state).toMatchObject({ pins: [[2, 2]], generations: [[1, 2]] });
    expect([...(state?.tags ?? [])]).toEqual([["good", 1]]);
  });

  it("starts anew at a snapshot", () => {
    const state = stateOf(made(1, [pack("a")]), commit(0, 1), {
      tx: 0,
      event: toSnapshot([{ ...snapshotOf(4, [pack("b")]), profile: "work" }]),
    });
    expect([...state.keys()]).toEqual(["work"]);
    expect(state.get("work")).toMatchObject({ current: 4, since: undefined, packages: [pack("b")] });
  });

  it("gives states that make the same snapshot again", () => {
    const event = toSnapshot([{ ...snapshotOf(4, [pack("b")]), pins: [2, 1], tags: [["t", 1]], uncertain: true }]);
    const records = chainRecords([{ tx: 0, event }], EMPTY_LOG, STAMP).map(({ record }) => record);
    expect(toSnapshot(toSnapshotStates(replay(records)))).toEqual(event);
  });

  it("is uncertain at lost records, and certain behind them of what later ones tell", () => {
    const start = [made(1, [pack("a")]), commit(0, 1)];
    expect(stateOf(...start, lost({ default: 1 })).get(profile)).toMatchObject({ current: 1, uncertain: true });
    const told = stateOf(...start, lost({ default: 7 }), { type: "pin", generation: 7 }).get(profile);
    expect(told).toMatchObject({ current: 7, previous: 1, uncertain: false, packages: undefined, since: undefined });
    const untold = stateOf(...start, lost({}), { type: "pin", generation: 1 }).get(profile);
    expect(untold).toMatchObject({ current: 1, uncertain: true });
    expect(stateOf(...start, lost({}), commit(1, 1)).get(profile)?.uncertain).toBe(false);
  });
});

describe("applyChange", () => {
  it("does nothing to packages that the change does not name, and refuses what does not fit", () => {
    const change = { added: [], removed: [pack("a")], upgraded: [] };
    expect(applyChange([pack("a"), pack("b")], change)).toEqual([pack("b")]);
    expect(applyChange([pack("b")], change)).toBeUndefined();
  });
});

function snapshotOf(current: number, packages: readonly LogPackage[]) {
  const generations = Array.from({ length: current + 1 }, (_, number) => number);
  return { profile, current, previous: 0, lastGeneration: current, generations, packages, pins: [], tags: [] };
}
