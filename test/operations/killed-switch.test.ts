import { describe, expect, it, vi } from "vitest";
import type { StoreContext } from "../../src/store/context.ts";
import { readPins } from "../../src/store/pins.ts";
import { useChangeDriver } from "../helpers/change-driver.ts";
import { killEverywhere } from "../helpers/kill-everywhere.ts";
import { DEFAULT, installFrom, makeProfileWorld } from "../helpers/profile-worlds.ts";
import type { Step } from "./drivers/change.ts";

// Hundreds of processes: on a machine with other work that takes its time.
vi.setConfig({ testTimeout: 900_000 });

const driver = useChangeDriver();

/** gen-1 has a, gen-2 a and b. */
async function withTwo(context: Partial<StoreContext> = {}) {
  const world = makeProfileWorld();
  const store = await world.open(context);
  const [a, b] = ["a", "b"].map((name) => world.source(`${name}-1`, { [name]: name })) as [string, string];
  await installFrom(store, a);
  await installFrom(store, b);
  return { world, store, a, b };
}

describe("a process that is killed at any call that changes the disk (invariants 1 to 8)", () => {
  const steps: readonly Step[] = [{ do: "switch", selector: "gen-1" }, { do: "rollback" }];
  for (const step of steps) {
    it(`of a ${step.do} leaves old or new`, async () => {
      const { world, store } = await withTwo();
      const count = await killEverywhere({ world, driver, store, step, before: { a: "a", b: "b" }, after: { a: "a" } });
      expect(count.kills).toBeGreaterThan(10);
      expect(Math.min(count.old, count.new)).toBeGreaterThan(0);
    });
  }

  it("of an upgrade leaves old or new", async () => {
    const { world, store, a } = await withTwo();
    world.tree({ a: "a!" }, a);
    const step = { do: "upgrade", names: [] } as const;
    const [before, after] = [
      { a: "a", b: "b" },
      { a: "a!", b: "b" },
    ];
    const count = await killEverywhere({ world, driver, store, step, before, after });
    expect(count.kills).toBeGreaterThan(40);
    expect(Math.min(count.old, count.new)).toBeGreaterThan(0);
  });

  it("of a pin leaves the generations as they were, and pins or does not", async () => {
    const { world, store } = await withTwo();
    const files = { a: "a", b: "b" };
    const step = { do: "pin", selector: "gen-1" } as const;
    const count = await killEverywhere({ world, driver, store, step, before: files, after: files });
    expect(count.kills).toBeGreaterThan(10);
    expect([...readPins(store, DEFAULT).generations]).toEqual([1]);
  });
});
