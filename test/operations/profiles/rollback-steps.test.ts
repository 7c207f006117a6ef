import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { gc } from "../../../src/operations/collection/gc.ts";
import { rollback } from "../../../src/operations/profiles/switch.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import { DEFAULT, installFrom, liveFiles, makeProfileWorld } from "../../helpers/profile-worlds.ts";
import { runs } from "../../helpers/runs.ts";

vi.setConfig({ testTimeout: 600_000 });

type Act = { readonly do: "install" | "rollback" } | { readonly do: "collect"; readonly keep: number };

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: "install" } as const) },
  { weight: 3, arbitrary: fc.constant({ do: "rollback" } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("collect" as const), keep: fc.integer({ min: 1, max: 3 }) }) },
);

const LAST: Act = { do: "rollback" };

it("rollbacks lead back one state after another to the empty one, whatever was deleted in between", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { minLength: 4, maxLength: 14 }), async (acts) => {
      const world = makeProfileWorld();
      const store = await world.open();
      await installFrom(store, world.source("first-1", { first: "first" }));
      // Every state that led to the live one, the live one last.
      const line: Record<string, string>[] = [{}, liveFiles(store)];
      for (const [at, act] of acts.entries()) {
        if (act.do === "install") {
          await installFrom(store, world.source(`p${at}-1`, { [`p${at}`]: String(at) }));
          line.push(liveFiles(store));
        } else await carryOut(store, world.directory, act, line);
        expect(liveFiles(store)).toEqual(line.at(-1));
      }
      while (line.length > 1) {
        await carryOut(store, world.directory, LAST, line);
        expect(liveFiles(store)).toEqual(line.at(-1));
      }
      await expect(rollback(store, DEFAULT, {})).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(brokenRules(store)).toEqual([]);
    }),
    { numRuns: runs(15) },
  );
});

async function carryOut(store: Store, cwd: string, act: Act, line: Record<string, string>[]): Promise<void> {
  if (act.do === "collect") await gc(store, { keep: act.keep });
  else if (line.length > 1) {
    await rollback(store, DEFAULT, {}, { obtain: () => ({ cwd, rebuild: { cwd, recipes: [] } }) });
    line.pop();
  }
}
