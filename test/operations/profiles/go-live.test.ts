import { describe, expect, it } from "vitest";
import { explainError } from "../../../src/cli/errors/explain-error.ts";
import type { Generation } from "../../../src/model/generation.ts";
import { failureOf, goLive } from "../../../src/operations/profiles/go-live.ts";
import { lockProfile } from "../../../src/operations/profiles/lock-profile.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { readGeneration, writeGeneration } from "../../../src/store/generation-records.ts";
import { openIntents } from "../../../src/store/journal.ts";
import { logBegin, logGeneration } from "../../../src/store/log-transactions.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  DEFAULT,
  generation,
  installFrom,
  installWith,
  logRecords,
  logTypes,
  makeProfileWorld,
  switchTo,
} from "../../helpers/profile-worlds.ts";

const OTHER = "other" as typeof DEFAULT;

/** Two profiles with a generation each. */
async function withTwoProfiles() {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  await installWith(store, { profile: OTHER }, world.source("b-1", { b: "b" }));
  return { world, store };
}

/** The next generation of the default profile, without packages. */
async function nextGeneration(store: Store): Promise<Generation> {
  const empty = readGeneration(store, DEFAULT, generation(0));
  const transaction = await logBegin(store, { profile: DEFAULT, base: generation(1), plan: {} });
  return { ...empty, generation: generation(2), parent: generation(1), transaction };
}

/** Changes of the other profile, until one of them has the log write a snapshot. */
async function changeOtherUntilSnapshot(store: Store): Promise<void> {
  const snapshots = () => logRecords(store).filter(({ event }) => event.type === "snapshot").length;
  const before = snapshots();
  for (let times = 0; snapshots() === before; times++) await pin(store, OTHER, { pinned: times % 2 === 0 });
}

describe("a snapshot of the log in the middle of a change of another profile", () => {
  it("knows the generation that goes live behind it (invariant 6)", async () => {
    const { store } = await withTwoProfiles();
    const next = await nextGeneration(store);
    const stage = async () => {
      await logGeneration(store, next, readGeneration(store, DEFAULT, generation(1)));
      await changeOtherUntilSnapshot(store);
      writeGeneration(store, next);
    };
    using _lock = await lockProfile(store, DEFAULT, {});
    const [from, to] = [generation(1), generation(2)];
    const change = { transaction: next.transaction, profile: DEFAULT, from, to, changed: true };
    await goLive(store, { ...change, added: [], removed: [], upgraded: [] }, { stage });
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 2, previous: 1, last: 2 });
    expect(brokenRules(store)).toEqual([]);
  });

  it("does not keep the one that was taken back behind it (invariants 4 and 6)", async () => {
    const { world, store } = await withTwoProfiles();
    const next = await nextGeneration(store);
    // As a process leaves it that is killed here.
    await logGeneration(store, next, readGeneration(store, DEFAULT, generation(1)));
    writeGeneration(store, next);
    await changeOtherUntilSnapshot(store);
    expect(openIntents(store, DEFAULT)).toHaveLength(1);
    expect(await installFrom(store, world.source("c-1", { c: "c" }))).toMatchObject({ from: 1, to: 3 });
    expect(logTypes(store, next.transaction)).toEqual(["begin", "generation", "intent", "delete", "abort"]);
    expect(brokenRules(store)).toEqual([]);
  });
});

describe("what a killed process left is settled by whatever takes the lock next (invariant 7):", () => {
  for (const [what, act] of Object.entries({
    "a switch": (store: Store) => switchTo(store, "gen-0"),
    "a switch to where the profile is": (store: Store) => switchTo(store, "gen-1"),
    "a pin": (store: Store) => pin(store, DEFAULT, { pinned: true }),
  })) {
    it(what, async () => {
      const { store } = await withTwoProfiles();
      const next = await nextGeneration(store);
      await logGeneration(store, next, readGeneration(store, DEFAULT, generation(1)));
      writeGeneration(store, next);
      await act(store);
      expect(openIntents(store, DEFAULT)).toEqual([]);
      expect(logRecords(store).find(({ event }) => event.type === "abort")?.event).toMatchObject({
        reason: { code: "INTERRUPTED" },
      });
      expect(brokenRules(store)).toEqual([]);
    });
  }
});

describe("how a failure is told in the log", () => {
  it("tells interruptions from failures", async () => {
    const store = await makeProfileWorld().open();
    const codeOf = (error: unknown) => failureOf(store, error).code;
    expect(codeOf(AbortSignal.abort().reason)).toBe("INTERRUPTED");
    expect(codeOf(new DOMException("late", "TimeoutError"))).toBe("INTERRUPTED");
    expect(codeOf(new Error("x"))).toBe("FAILED");
    expect(failureOf(store, "text")).toEqual({ code: "FAILED", message: "text" });
  });

  it("tells a refusal of the system with the code and the words that the person gets", async () => {
    const store = await makeProfileWorld().open();
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const told = { code: "NO_SPACE", message: `no space is left on the disk of ${store.layout.root}` };
    expect(failureOf(store, full)).toEqual(told);
    expect(failureOf(store, Object.assign(new Error(), { name: "SuppressedError", suppressed: full }))).toEqual(told);
    expect(explainError(full, { root: store.layout.root }).error).toMatchObject(told);
  });
});
