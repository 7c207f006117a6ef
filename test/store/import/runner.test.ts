import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createImportRunner } from "../../../src/store/import/runner.ts";
import { allowCompilingLater, compileLater } from "../../../src/system/compile-later.ts";
import { adoptSettings } from "../../helpers/import-settings.ts";
import { makeStoreWorld, PROGRAM } from "../../helpers/run-store.ts";
import { V8_OF_NODE_20, watchV8Flags } from "../../helpers/watch-v8-flags.ts";
import { addTree, makeWorld } from "../../helpers/worlds.ts";

/** Whether V8 was told to wait, in a program that may tell it. */
function watchCompiler(): () => boolean {
  const flags = watchV8Flags(V8_OF_NODE_20);
  // The next test is to find it not allowed.
  onTestFinished(compileLater);
  allowCompilingLater();
  return () => flags().length > 0;
}

describe("the compiler is told to wait", () => {
  it.each([
    ["for files that are large on average", { files: 2, bytes: 100_000 }, true],
    ["not for many small ones", { files: 200, bytes: 100_000 }, false],
    ["not while nobody knows how many files there are", { files: 0, bytes: 100_000 }, false],
  ])("%s", async (_, work, isTold) => {
    const world = makeWorld();
    const settings = adoptSettings({
      files: world.tree({}),
      scratch: world.tree({}),
      localStoreDir: "/home/somebody/.local/share/store/pkgs__________",
      canonicalStoreDir: "/store/pkgs".padEnd(48, "_"),
    });
    const wasTold = watchCompiler();
    await using runner = createImportRunner(settings);
    runner.useThreads(work);
    expect(wasTold()).toBe(isTold);
  });

  it.skipIf(availableParallelism() === 1).each([
    ["when the files of a directory are", 40_000, true],
    ["not when they are small", 400, false],
  ])("%s", async (_, bytes, isTold) => {
    const store = await makeWorld({ memory: true }).store();
    const tree = Object.fromEntries(
      Array.from({ length: 420 }, (__, at) => [`d${at % 7}/f${at}`, `${at} `.repeat(bytes).slice(0, bytes)] as const),
    );
    const wasTold = watchCompiler();
    await addTree(store, tree);
    expect(wasTold()).toBe(isTold);
  });

  it.skipIf(availableParallelism() === 1 || !process.versions.v8.startsWith("11."))("by the program itself", () => {
    const world = makeStoreWorld({ memory: true });
    const flags = join(world.directory, "flags");
    const hook = join(world.directory, "hook.cjs");
    writeFileSync(
      hook,
      `require("node:v8").setFlagsFromString = (flag) => require("node:fs").appendFileSync(${JSON.stringify(flags)}, flag);`,
    );
    const source = (name: string, bytes: number) =>
      world.source(
        name,
        Object.fromEntries(Array.from({ length: 420 }, (_, at) => [`f${at}`, Buffer.alloc(bytes, at)])),
      );
    for (const [name, bytes] of [
      ["small-1.0", 400],
      ["large-1.0", 40_000],
    ] as const) {
      const run = spawnSync(process.execPath, ["--require", hook, PROGRAM, "add", source(name, bytes)], {
        env: world.env,
      });
      expect(run.status).toBe(0);
      expect(existsSync(flags)).toBe(name === "large-1.0");
    }
    expect(readFileSync(flags, "utf8")).toBe("--interrupt-budget=600000");
  });
});
