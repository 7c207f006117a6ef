import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { canSandbox } from "../helpers/build-world.ts";
import { addDamaged, makeCrashWorld } from "./crash-world.ts";
import { KILLS, killSweep, type Scenario } from "./kill-sweep.ts";
import { useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

const reason = whyNoShim();
const hasSandbox = reason === undefined && (await canSandbox());
const shim = useShim();

const TREE = { "bin/c": "c", "share/text": "text", link: { link: "bin/c" }, same: "same" };

const SCENARIOS: readonly Scenario[] = [
  { name: "init", fromNothing: true, prepare: async () => ["init"] },
  {
    name: "add a directory",
    async prepare(world) {
      await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
      return ["add", world.source("c-1", TREE)];
    },
  },
  {
    name: "add a directory that is remembered",
    async prepare(world) {
      await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
      return ["add", world.source("c-1", { ...TREE, large: "x".repeat(4 << 20) })];
    },
  },
  {
    name: "add an archive",
    async prepare(world) {
      await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
      world.source("c-1", TREE);
      execFileSync("tar", ["-C", world.directory, "-czf", join(world.directory, "c-1.tar.gz"), "c-1"]);
      return ["add", join(world.directory, "c-1.tar.gz")];
    },
  },
  {
    name: "add an archive that threads write",
    async prepare(world) {
      await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
      const many = Array.from({ length: 40 }, (_, at) => [`d${at % 3}/f${at}`, `${at}`.padEnd(1 << 20, "x")]);
      world.source("c-1", { ...TREE, ...Object.fromEntries(many) });
      execFileSync("tar", ["-C", world.directory, "-cf", join(world.directory, "c-1.tar"), "c-1"]);
      return ["add", join(world.directory, "c-1.tar")];
    },
  },
];

/** A file of the object is gone; adding it again puts a whole one in its place. */
const OVER_DAMAGED: Scenario = {
  name: "add over a damaged object",
  drops: true,
  isDamaged: true,
  async prepare(world) {
    await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
    return addDamaged(world, TREE);
  },
};

const BUILD: Scenario = {
  name: "build",
  async prepare(world) {
    await world.done("install", world.source("a-1", { "bin/a": "a" }));
    const recipe = join(world.directory, "recipes", "greet");
    mkdirSync(recipe, { recursive: true });
    const phases = ["install: mkdir -p $out/bin && echo $out > $out/bin/greet"];
    writeFileSync(
      join(recipe, "recipe.yaml"),
      `name: greet\nversion: "1"\nbuild: script\nphases:\n  ${phases.join("\n  ")}\n`,
    );
    return ["build", "greet", "--recipes", join(world.directory, "recipes")];
  },
};

describe.skipIf(reason)(
  "a command killed at any call that changes the disk leaves no object that is valid and torn (invariants 1, 7, 11):",
  () => {
    it.each(SCENARIOS)("$name", async (scenario) => {
      const count = await killSweep(shim, makeCrashWorld(shim), scenario);
      expect(count.kills).toBeGreaterThan(KILLS / 3);
    });

    it("add over a damaged object", async () => {
      const count = await killSweep(shim, makeCrashWorld(shim), OVER_DAMAGED);
      expect(count.kills).toBeGreaterThan(KILLS / 3);
    });

    it.skipIf(!hasSandbox)("build", async () => {
      const count = await killSweep(shim, makeCrashWorld(shim), BUILD);
      expect(count.kills).toBeGreaterThan(KILLS / 3);
    });
  },
);
