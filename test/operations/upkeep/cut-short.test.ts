import { unlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Generation } from "../../../src/model/generation.ts";
import { checkpoint, checkpoints } from "../../../src/operations/profiles/checkpoint.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { repair } from "../../../src/operations/upkeep/repair.ts";
import { verify } from "../../../src/operations/upkeep/verify.ts";
import {
  linkGeneration,
  readGeneration,
  removeGeneration,
  writeGeneration,
} from "../../../src/store/generation-records.ts";
import { openIntents } from "../../../src/store/journal.ts";
import { pinsFile } from "../../../src/store/layout.ts";
import { logBegin, logDeletionIntent, logGeneration, logMarkIntent } from "../../../src/store/log-transactions.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readPins, writePins } from "../../../src/store/pins.ts";
import { activateGeneration, readProfile, restoreProfileRecord } from "../../../src/store/profiles.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, generation, installFrom, makeProfileWorld } from "../../helpers/profile-worlds.ts";

const REQUEST = { profile: DEFAULT, cwd: "/" };

async function withThreeGenerations(): Promise<Store> {
  const world = makeProfileWorld();
  const store = await world.open();
  await installFrom(store, world.source("a-1", { a: "a" }));
  await installFrom(store, world.source("b-1", { b: "b" }));
  await installFrom(store, world.source("c-1", { c: "c" }));
  await pin(store, DEFAULT, { selector: "gen-3", pinned: true });
  return store;
}

/** Logs the next generation of the profile, with the packages of gen-1. */
async function announce(store: Store): Promise<Generation> {
  const transaction = await logBegin(store, { profile: DEFAULT, base: generation(3), plan: {} });
  const [first, head] = [readGeneration(store, DEFAULT, generation(1)), readGeneration(store, DEFAULT, generation(3))];
  const next = { ...first, generation: generation(4), parent: generation(3), transaction };
  await logGeneration(store, next, head);
  return next;
}

/** What a process that was killed left of a change, and which generation is live when that is settled. */
const CUTS: readonly { readonly at: string; readonly live: number; readonly leave: (store: Store) => Promise<void> }[] =
  [
    { at: "the link of a generation", live: 3, leave: async (store) => void (await announce(store)) },
    {
      at: "the record of a generation",
      live: 3,
      leave: async (store) => linkGeneration(store, await announce(store)),
    },
    {
      at: "the rename of `current`",
      live: 3,
      leave: async (store) => writeGeneration(store, await announce(store)),
    },
    {
      at: "profile.json",
      live: 4,
      async leave(store) {
        writeGeneration(store, await announce(store));
        activateGeneration(store, DEFAULT, generation(4));
      },
    },
    {
      at: "the log of a deletion",
      live: 3,
      async leave(store) {
        const deletion = { profile: DEFAULT, generations: [generation(1)] };
        await logDeletionIntent(store, { profile: DEFAULT, base: generation(3), plan: {} }, deletion);
        removeGeneration(store, DEFAULT, generation(1));
      },
    },
    {
      at: "the log of pins",
      live: 3,
      async leave(store) {
        const start = { profile: DEFAULT, base: generation(3), plan: {} };
        await logMarkIntent(store, start, { type: "unpin", generation: 3 });
        writePins(store, DEFAULT, { ...readPins(store, DEFAULT), generations: new Set() });
      },
    },
    {
      at: "the log of a name that moved",
      live: 3,
      async leave(store) {
        await checkpoint(store, DEFAULT, { name: "good", selector: "1" });
        const start = { profile: DEFAULT, base: generation(3), plan: {} };
        await logMarkIntent(store, start, { type: "tag", name: "good", generation: 2 });
        writePins(store, DEFAULT, { ...readPins(store, DEFAULT), tags: new Map([["good", generation(2)]]) });
      },
    },
  ];

describe("a change that was cut short", () => {
  it.each(CUTS)("before $at is a leftover, which a repair settles", async ({ live, leave }) => {
    const store = await withThreeGenerations();
    await leave(store);
    const tx = openIntents(store, DEFAULT)[0]?.tx;
    const found = await verify(store, REQUEST);
    expect(found.damaged).toEqual([]);
    expect(found.leftovers).toContainEqual(
      expect.objectContaining({
        subject: `default/#${tx}`,
        reason: "was cut short: the next change of the profile settles it",
      }),
    );
    expect(await repair(store, REQUEST)).toMatchObject({ damaged: [], repaired: [] });
    expect(await verify(store, REQUEST)).toMatchObject({ damaged: [], leftovers: [] });
    expect(openIntents(store, DEFAULT)).toEqual([]);
    expect(readProfile(store, DEFAULT).current).toBe(live);
    expect(brokenRules(store)).toEqual([]);
  });

  it("keeps the name that was to move where the file of names is lost with it", async () => {
    const store = await withThreeGenerations();
    await checkpoint(store, DEFAULT, { name: "good", selector: "1" });
    const start = { profile: DEFAULT, base: generation(3), plan: {} };
    await logMarkIntent(store, start, { type: "tag", name: "good", generation: 2 });
    unlinkSync(pinsFile(store.layout, DEFAULT));
    expect(await repair(store, REQUEST)).toMatchObject({ damaged: [] });
    expect(await verify(store, REQUEST)).toMatchObject({ damaged: [], leftovers: [] });
    expect(checkpoints(store, DEFAULT)).toMatchObject([{ name: "good", generation: 1 }]);
  });

  it("is taken back also when the record of the profile is repaired with it", async () => {
    const store = await withThreeGenerations();
    writeGeneration(store, await announce(store));
    restoreProfileRecord(store, DEFAULT, generation(2));
    expect(await repair(store, REQUEST)).toMatchObject({
      damaged: [],
      repaired: [{ subject: "default/profile.json" }],
    });
    expect(readProfile(store, DEFAULT)).toMatchObject({ current: 3, last: 4 });
    expect(await verify(store, REQUEST)).toMatchObject({ damaged: [], leftovers: [] });
    expect(brokenRules(store)).toEqual([]);
  });
});
