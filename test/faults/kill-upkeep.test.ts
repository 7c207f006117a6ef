import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { commandNames } from "../../src/cli/registry.ts";
import { type CrashWorld, keepCrashWorld } from "./crash-world.ts";
import { KILLS, killSweep, type Scenario } from "./kill-sweep.ts";
import { useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

const reason = whyNoShim();
const shim = useShim();

/** gen-1 has a, gen-2 a and b, gen-3 a alone, which is live; c is in no generation. */
const withHistory = keepCrashWorld(shim, async (world) => {
  await world.done("install", world.source("a-1", { "bin/a": "a", same: "same" }));
  await world.done("install", world.source("b-1", { "bin/b": "b", "share/b": "only b" }));
  await world.done("remove", "b");
  await world.done("add", world.source("c-1", { "bin/c": "c", same: "same" }));
});

function scenario(words: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return {
    name: words.join(" "),
    prepare: async () => words,
    ...more,
  };
}

const DROPS = { drops: true } as const;
const DAMAGED = { drops: true, isDamaged: true } as const;

const SCENARIOS: readonly Scenario[] = [
  scenario(["unpin", "gen-1"], {
    async prepare(world) {
      await world.done("pin", "gen-1");
      return ["unpin", "gen-1"];
    },
  }),
  scenario(["switch", "-"]),
  scenario(["root", "add", "a", "--name", "kept"]),
  scenario(["root", "remove", "kept"], {
    async prepare(world) {
      await world.done("root", "add", "a", "--name", "kept");
      return ["root", "remove", "kept"];
    },
  }),
  scenario(["config", "repositories", "/srv/packages"]),
  scenario(["archive", "import"], {
    async prepare(world) {
      const packed = join(world.directory, "b.tar.gz");
      const [object = ""] = readdirSync(join(world.root, "manifests")).filter((name) => name.endsWith("-b-1.json"));
      await world.done("archive", "export", join(world.storeDir, object.replace(/\.json$/, "")), "-o", packed);
      world.wipe();
      await world.done("install", join(world.directory, "a-1"));
      return ["archive", "import", packed];
    },
  }),
  scenario(["checkpoint", "before"]),
  scenario(["undo", "1"]),
  scenario(["generations", "delete", "1"], { ...DROPS, needs: "gc" }),
  scenario(["gc"]),
  scenario(["delete"], {
    async prepare(world) {
      const [object = ""] = readdirSync(join(world.root, "manifests")).filter((name) => name.endsWith("-c-1.json"));
      return ["delete", join(world.storeDir, object.replace(/\.json$/, ""))];
    },
  }),
  scenario(["log", "trim", "--keep-last", "2"], DROPS),
  scenario(["log", "reseal"], {
    ...DAMAGED,
    async prepare(world) {
      editLog(world, (text) => text.replace('"reason":"install ', '"reason":"Install '));
      return ["log", "reseal"];
    },
  }),
  scenario(["log", "repair"], {
    ...DAMAGED,
    async prepare(world) {
      editLog(world, (text) =>
        text
          .split("\n")
          .map((line, index) => (index === 1 ? "damaged" : line))
          .join("\n"),
      );
      return ["log", "repair"];
    },
  }),
  scenario(["verify", "--contents", "--repair"], {
    ...DAMAGED,
    async prepare(world) {
      await world.done("install", world.source("d-1", { "bin/d": "d" }));
      const object = readdirSync(world.storeDir).find((name) => name.endsWith("-d-1")) as string;
      const file = join(world.storeDir, object, "bin/d");
      chmodSync(file, 0o644);
      writeFileSync(file, "!");
      chmodSync(file, 0o444);
      world.source("d-1", { "bin/d": "d" });
      return ["verify", "--contents", "--repair"];
    },
  }),
];

function editLog(world: CrashWorld, edit: (text: string) => string): void {
  const path = join(world.root, "log/000001.jsonl");
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

describe.skipIf(reason)(
  "upkeep killed at any call that changes the disk leaves old or new (invariants 1 to 8):",
  () => {
    const possible = SCENARIOS.filter(({ name, needs = name.split(" ")[0] as string }) =>
      commandNames().includes(needs),
    );
    it.each(possible)("$name", async (each) => {
      const count = await killSweep(shim, await withHistory(), each);
      expect(count.kills).toBeGreaterThan(KILLS / 3);
    });
  },
);
