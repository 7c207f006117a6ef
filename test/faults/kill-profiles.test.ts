import { describe, expect, it, vi } from "vitest";
import { type CrashWorld, keepTwoGenerations, makeCrashWorld } from "./crash-world.ts";
import { KILLS, killSweep, type Scenario } from "./kill-sweep.ts";
import { useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

const reason = whyNoShim();
const shim = useShim();

const withTwo = keepTwoGenerations(shim);

interface Beginning extends Scenario {
  /** Makes the world that it begins in, unless that is an empty one. */
  readonly begin?: () => Promise<CrashWorld>;
}

function afterTwo(name: string, words: (world: CrashWorld) => readonly string[]): Beginning {
  return { name, begin: withTwo, prepare: async (world) => words(world) };
}

const SCENARIOS: readonly Beginning[] = [
  afterTwo("install", (world) => ["install", world.source("c-1", { "bin/c": "c", lib: "lib" })]),
  afterTwo("install several", (world) => [
    "install",
    ...["c", "d", "e"].map((name) => world.source(`${name}-1`, { [`bin/${name}`]: name, [name]: "same" })),
  ]),
  {
    name: "first install",
    async prepare(world) {
      await world.done("init");
      return ["install", world.source("a-1", { "bin/a": "a" })];
    },
  },
  {
    name: "install in no store",
    fromNothing: true,
    prepare: async (world) => ["install", world.source("a-1", { "bin/a": "a" })],
  },
  afterTwo("upgrade", (world) => {
    world.source("a-1", { "bin/a": "a!" });
    return ["upgrade"];
  }),
  afterTwo("remove", () => ["remove", "b"]),
  afterTwo("switch", () => ["switch", "gen-1"]),
  afterTwo("rollback", () => ["rollback"]),
  afterTwo("pin", () => ["pin", "gen-1"]),
];

describe.skipIf(reason)(
  "a command killed at any call that changes the disk leaves old or new (invariants 1 to 8, 11, 12)",
  () => {
    it.each(SCENARIOS)("$name", async (scenario) => {
      const count = await killSweep(shim, (await scenario.begin?.()) ?? makeCrashWorld(shim), scenario);
      expect(count.kills).toBeGreaterThan(KILLS / 3);
    });
  },
);
