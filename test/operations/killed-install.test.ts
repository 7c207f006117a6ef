import { describe, expect, it, vi } from "vitest";
import { useChangeDriver } from "../helpers/change-driver.ts";
import { killEverywhere } from "../helpers/kill-everywhere.ts";
import { makeProfileWorld } from "../helpers/profile-worlds.ts";

// Hundreds of processes: on a machine with other work that takes its time.
vi.setConfig({ testTimeout: 900_000 });

const driver = useChangeDriver();

describe("a process that is killed at any call that changes the disk (invariants 1 to 8)", () => {
  it("while it makes a profile and installs the first package leaves old or new", async () => {
    const world = makeProfileWorld();
    const store = await world.open();
    const step = { do: "install", from: [world.source("a-1", { "bin/a": "a" })] } as const;
    const count = await killEverywhere({ world, driver, store, step, before: {}, after: { "bin/a": "a" } });
    expect(count.kills).toBeGreaterThan(60);
    expect(Math.min(count.old, count.new)).toBeGreaterThan(0);
  });
});
