import { readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stateAt } from "../../../src/index.ts";
import { readLog } from "../../../src/operations/history/read-log.ts";
import { repairHistory } from "../../../src/operations/history/repair-log.ts";
import { planRevert, type Reversal, revert } from "../../../src/operations/history/revert.ts";
import { trimHistory } from "../../../src/operations/history/trim-log.ts";
import { verifyHistory } from "../../../src/operations/history/verify-log.ts";
import type { Notice } from "../../../src/store/context.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { segmentBytes } from "../../helpers/log-world.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  goBack,
  installFrom,
  liveFiles,
  liveNumber,
  logRecords,
  makeProfileWorld,
  type ProfileWorld,
  removeNames,
  switchTo,
} from "../../helpers/profile-worlds.ts";

const HOUR = 3_600_000;
const at = (time: string) => Date.parse(`${time}+01:00`);

/** In Berlin: gen-1 and gen-2 on the 18th, gen-3 at 9:00 and gen-4 at 22:00 on the 19th, gen-5 today at 8:00; it is 11:00. */
async function threeDays() {
  const world = makeProfileWorld();
  const notices: Notice[] = [];
  const store = await world.open({ timeZone: "Europe/Berlin", notice: (notice) => notices.push(notice) });
  const install = async (time: string, name: string) => {
    world.clock.now = at(time);
    await installFrom(store, world.source(name, { [name]: name }));
  };
  await install("2026-11-18T10:00:00", "a-1");
  await install("2026-11-18T23:30:00", "b-1");
  await install("2026-11-19T09:00:00", "c-1");
  await install("2026-11-19T22:00:00", "a-2");
  await install("2026-11-20T08:00:00", "d-1");
  world.clock.now = at("2026-11-20T11:00:00");
  return { world, store, notices };
}

function stateText(store: Store, selector: string): Promise<string> {
  return stateAt(store, DEFAULT, { selector }).then(({ generation, packages }) =>
    JSON.stringify([generation, packages]),
  );
}

describe("changes over three days", () => {
  it("are taken back to yesterday's last state, which is told before", async () => {
    const { store } = await threeDays();
    const plans: (Reversal & { readonly live: number })[] = [];
    const onPlan = (plan: Reversal) => plans.push({ ...plan, live: liveNumber(store) });
    const planned = await planRevert(store, DEFAULT, { selector: "yesterday" });
    const done = await revert(store, DEFAULT, { selector: "yesterday" }, { onPlan });
    expect(done).toMatchObject({ from: 5, to: 4, changed: true, at: "2026-11-19T22:59:59.999Z", before: 3 });
    expect(liveFiles(store)).toEqual({ "a-2": "a-2", "b-1": "b-1", "c-1": "c-1" });
    expect(plans).toEqual([{ ...planned, live: 5 }]);
    const { transaction: _, changed: __, ...rest } = done;
    const { transaction: ___, changed: ____, ...told } = planned;
    expect(rest).toEqual(told);
  });

  it("say that one is there already, and which step is before", async () => {
    const { store } = await threeDays();
    await revert(store, DEFAULT, { selector: "yesterday" });
    const records = logRecords(store).length;
    const again = await revert(store, DEFAULT, { selector: "yesterday" });
    expect(again).toMatchObject({ from: 4, to: 4, changed: false, transaction: 0, before: 3 });
    expect(logRecords(store)).toHaveLength(records);
    const first = await planRevert(store, DEFAULT, { selector: "gen-0" });
    expect(first).toMatchObject({ from: 4, to: 0, at: null });
  });

  it.each([
    ["yesterday 12:00", 3],
    ["2 days ago", 1],
    ["2026-11-18", 2],
    ["#2", 2],
    ["-1", 4],
    ["-", 4],
    ["gen-3", 3],
  ])("%s is gen-%i, and plan tells what revert does", async (selector, expected) => {
    const { store } = await threeDays();
    const { added, removed, upgraded, to } = await planRevert(store, DEFAULT, { selector });
    expect(to).toBe(expected);
    expect(await revert(store, DEFAULT, { selector })).toMatchObject({ added, removed, upgraded, to });
    expect(liveNumber(store)).toBe(expected);
  });

  it("tell of a time that is not over, and of clocks that were moved", async () => {
    const { store, notices, world } = await threeDays();
    await stateAt(store, DEFAULT, { selector: "today" });
    expect(notices.at(-1)?.message).toMatch(/^today is not over yet/);
    world.clock.now = Date.parse("2027-04-01T00:00:00Z");
    await stateAt(store, DEFAULT, { selector: "2027-03-28T02:30" });
    expect(notices.at(-1)?.message).toMatch(/never showed 2027-03-28T02:30/);
  });
});

describe("a clock that went back", () => {
  it("is told for a time that it may have shown twice, and not for now", async () => {
    const { store, notices, world } = await threeDays();
    world.clock.now = at("2026-11-19T21:00:00");
    await installFrom(store, world.source("e-1", { e: "e" }));
    world.clock.now = at("2026-11-19T21:30:00");
    expect(await stateAt(store, DEFAULT, { selector: "now" })).toMatchObject({ generation: 6 });
    expect(await stateAt(store, DEFAULT, { selector: "20:30" })).toMatchObject({ generation: 3 });
    expect(notices).toEqual([]);
    expect(await stateAt(store, DEFAULT, { selector: "20 minutes ago" })).toMatchObject({ generation: 6 });
    expect(notices.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the clock went back over 20 minutes ago \(record \d+\): if it was passed twice/),
    ]);
  });
});

describe("the state at a time", () => {
  it("equals a recorded copy, also after the index is deleted, and after a trim where it is in range", async () => {
    const { world, store } = await threeDays();
    const recorded = await stateText(store, "now");
    const before = await stateText(store, "4 hours ago");
    world.clock.now += 2 * HOUR;
    await removeNames(store, "a", "b");
    await goBack(store);
    await removeNames(store, "c");
    expect(await stateText(store, "2 hours ago")).toBe(recorded);
    rmSync(store.layout.index, { recursive: true, force: true });
    expect(await stateText(store, "2 hours ago")).toBe(recorded);
    const { begins } = await trimHistory(store, { before: "3 hours ago" });
    expect(begins).toMatchObject({ trimmed: true, transaction: 6 });
    expect(await stateText(store, "2 hours ago")).toBe(recorded);
    expect(await caughtAsync(stateText(store, "2026-11-19T12:00"))).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/live at 2026-11-19 12:00: history begins 2026-11-20 08:00$/),
    });
    expect(before).not.toBe(recorded);
    expect(brokenRules(store)).toEqual([]);
  });

  it("is told to the second from a beginning of history in the same minute", async () => {
    const world = makeProfileWorld();
    const store = await world.open({ timeZone: "Europe/Berlin" });
    world.clock.now = at("2026-11-18T03:24:42");
    await installFrom(store, world.source("a-1", { a: "a" }));
    const message = /live at 2026-11-18 03:24:40: history begins 2026-11-18 03:24:42$/;
    expect(await caughtAsync(stateText(store, "2026-11-18T03:24:40"))).toMatchObject({
      message: expect.stringMatching(message),
    });
  });

  it("is told of a generation that was deleted since", async () => {
    const { store } = await threeDays();
    const recorded = await stateText(store, "2026-11-19T12:00");
    unlinkSync(join(store.layout.profiles, "default", "gen-3.json"));
    unlinkSync(join(store.layout.profiles, "default", "gen-3"));
    expect(await stateText(store, "2026-11-19T12:00")).toBe(recorded);
  });

  it("is the empty one before the first change, and unknown before the log begins", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    expect(await stateAt(store, DEFAULT)).toMatchObject({ generation: 0, packages: [] });
    await installFrom(store, world.source("a-1", { a: "" }));
    expect(await caughtAsync(stateAt(store, DEFAULT, { selector: "2 days ago" }))).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a log of 500 transactions", () => {
  it("becomes smaller by a trim that keeps ten, and state and numbers stay", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    await installFrom(store, world.source("a-1", { a: "" }));
    await installFrom(store, world.source("b-1", { b: "" }));
    for (let count = 0; count < 498; count++) {
      world.clock.now += 60_000;
      await switchTo(store, count % 2 === 0 ? "gen-1" : "gen-2");
    }
    const size = () => [...segmentBytes(store.layout.log).values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const [before, state] = [size(), await stateText(store, "now")];
    const { dropped } = await trimHistory(store, { keepLast: 10 });
    expect(dropped.transactions).toBe(490);
    expect(size()).toBeLessThan(before / 10);
    expect(await stateText(store, "now")).toBe(state);
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 2, previous: 1, last: 2 });
    expect((await switchTo(store, "gen-1")).transaction).toBe(502);
    expect((await installFrom(store, world.source("c-1", { c: "" }))).to).toBe(3);
    const kept = [...(await readLog(store))].flatMap((item) => (item.kind === "transaction" ? [item.summary.tx] : []));
    expect(kept.filter((tx) => tx > 0)).toEqual([503, 502, 501, 500, 499, 498, 497, 496, 495, 494, 493, 492, 491]);
    expect(verifyHistory(store).findings).toEqual([]);
    expect(brokenRules(store)).toEqual([]);
  });
});

describe("a single byte of the log that is changed, at 200 places", () => {
  let world: ProfileWorld;
  let store: Store;
  let whole: Buffer;
  const times = ["2026-11-18T12:00", "2026-11-18T23:45", "2026-11-19T12:00", "2026-11-19", "2026-11-20T08:30", "now"];
  const answers = new Map<string, string>();
  let segment: string;

  async function prepare(): Promise<void> {
    ({ world, store } = await threeDays());
    await goBack(store);
    world.clock.now += HOUR;
    segment = join(store.layout.log, "000001.jsonl");
    whole = readFileSync(segment);
    for (const time of times) answers.set(time, await stateText(store, time));
  }

  it("gives no wrong answer without a word, and repair loses no more than the record", async () => {
    await prepare();
    const random = sequence(7);
    const sums = logRecords(store).map(({ sum }) => sum);
    for (let count = 0; count < 200; count++) {
      const place = Math.floor(random() * whole.length);
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] as number) ^ (1 + Math.floor(random() * 255));
      restore(bytes);
      await expectAnswers(`byte ${place}`);
      expect((await repairHistory(store)).remaining).toEqual([]);
      const left = new Set(logRecords(store).map(({ sum }) => sum));
      expect(sums.filter((sum) => !left.has(sum)).length, `byte ${place}`).toBeLessThanOrEqual(1);
      await expectAnswers(`byte ${place}, repaired`);
    }
  });

  function restore(bytes: Buffer): void {
    rmSync(store.layout.log, { recursive: true });
    world.tree({}, store.layout.log);
    writeFileSync(segment, bytes);
  }

  /** The true answer, an error, or one that is marked. */
  async function expectAnswers(what: string): Promise<void> {
    for (const [time, expected] of answers) {
      const state = await stateAt(store, DEFAULT, { selector: time }).catch((error) => error as Error);
      if (state instanceof Error)
        expect(state, what).toMatchObject({ code: expect.stringMatching(/DAMAGED|NEWER_FORMAT/) });
      else if (!state.uncertain)
        expect(JSON.stringify([state.generation, state.packages]), `${what}: ${time}`).toBe(expected);
    }
  }
});

/** Numbers in [0, 1), the same ones every time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
