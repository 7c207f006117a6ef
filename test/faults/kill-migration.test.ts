import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openStoreAt } from "../../src/store/open-store.ts";
import { removeFile } from "../../src/system/remove-file.ts";
import { FORMATS, makeOldStore } from "../helpers/old-format.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { logRecords } from "../helpers/profile-worlds.ts";
import { SEED } from "../helpers/seed.ts";
import { fakeContext, makeWorld } from "../helpers/worlds.ts";
import { figure, leftovers } from "./crash-world.ts";
import { KILLS } from "./kill-sweep.ts";
import { CHANGES, type Fault, KIND, readCalls, useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

const reason = whyNoShim();
const shim = useShim();

/** Beside the packages that it needs. */
const program = fileURLToPath(new URL(`../../node_modules/.migrate-${process.pid}.mjs`, import.meta.url));

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("migrate-driver.ts", import.meta.url))],
    outfile: program,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    packages: "external",
  });
});

afterAll(() => removeFile(program));

const MOST_DELAY = 3000;

/** Each call once, and each write in its middle; then any call, with what the process does for a while behind it. */
function chooseFaults(calls: readonly { readonly kind: number }[]): Fault[] {
  const at = (mode: Fault["mode"], kinds: number): Fault[] =>
    Array.from({ length: calls.filter(({ kind }) => (kind & kinds) !== 0).length }, (_, n) => ({
      mode,
      at: n + 1,
      kinds,
    }));
  const each = [...at("kill", CHANGES), ...at("tear", KIND.write)];
  const anyDelayed = fc.record({
    mode: fc.constant("kill" as const),
    at: fc.integer({ min: 1, max: at("kill", CHANGES).length }),
    kinds: fc.constant(CHANGES),
    delay: fc.integer({ min: 0, max: MOST_DELAY }),
  });
  // A delay can last longer than what was left to do: then nothing is killed.
  const drawn = fc.sample(anyDelayed, { numRuns: 2 * KILLS + 20 });
  return KILLS < each.length
    ? [...fc.sample(fc.constantFrom(...each), { numRuns: KILLS + 2 }), ...drawn]
    : [...each, ...drawn];
}

describe.skipIf(reason)(
  "a migration that is killed leaves the old store or the new one, and the next command ends it (invariant 14):",
  () => {
    it("upgrade of the format", async () => {
      const root = join(makeWorld({ memory: true }).directory, "s");
      const fresh = () => {
        rmSync(root, { recursive: true, force: true });
        makeOldStore(root);
      };
      fresh();
      const path = `${root}.journal`;
      const whole = await shim.run([root], { root, program, journal: { path, data: false } });
      expect([whole.status, whole.stdout], whole.stderr).toEqual([0, "done\n"]);
      const calls = readCalls(path);
      const count = { kills: 0, old: 0, new: 0, calls: calls.length };
      for (const fault of chooseFaults(calls)) {
        if (count.kills >= KILLS) break;
        const told = `${JSON.stringify(fault)}, seed ${SEED}`;
        fresh();
        const ended = await shim.run([root], { root, program, fault });
        if (ended.status === undefined) count.kills += 1;
        else expect([ended.status, ended.stdout], `${told}: ${ended.stderr}`).toEqual([0, "done\n"]);
        const { format } = JSON.parse(readFileSync(join(root, "store.json"), "utf8"));
        if (ended.stdout === "done\n") expect(format, told).toBe(1);
        count[format === 1 ? "new" : "old"] += 1;
        const store = await openStoreAt({ root, formats: FORMATS, context: fakeContext() });
        expect(store.file.format, told).toBe(1);
        expect(
          brokenRules(store).filter((rule) => !rule.includes("notes.json")),
          told,
        ).toEqual([]);
        expect(logRecords(store).filter(({ event }) => event.type === "migrate").length, told).toBeGreaterThan(0);
        expect([existsSync(join(root, "migration")), leftovers(store)], told).toEqual([false, []]);
      }
      expect(count.kills).toBe(KILLS);
      figure("kills", { command: "upgrade of the format", ...count });
    });
  },
);
