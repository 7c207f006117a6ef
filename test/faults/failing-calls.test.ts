import { unlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { installFrom } from "../helpers/profile-worlds.ts";
import { SEED } from "../helpers/seed.ts";
import {
  acknowledgedIn,
  addDamaged,
  brokenAtOnce,
  type CrashWorld,
  figure,
  keepTwoGenerations,
  leftovers,
  lost,
  newIn,
  visibleIn,
} from "./crash-world.ts";
import { CHANGES, type Fault, KIND, readCalls, useShim, whyNoShim } from "./shim.ts";

vi.setConfig({ testTimeout: 0 });

/** Faults for each command and error; more for a longer run: `npm run test:faults`. */
const FAULTS = Number(process.env.STORE_FAULTS ?? 1);

const reason = whyNoShim();
const shim = useShim();
const withTwo = keepTwoGenerations(shim);

const SPACE = KIND.create | KIND.write | KIND.rename;

/** What the system refuses, and which calls it can refuse by that. */
const ERRORS = [
  { errno: "ENOSPC", kinds: SPACE, code: "NO_SPACE" },
  { errno: "EDQUOT", kinds: SPACE, code: "NO_SPACE" },
  { errno: "EROFS", kinds: CHANGES, code: undefined },
  { errno: "EIO", kinds: CHANGES | KIND.flush | KIND.open | KIND.read, code: undefined },
  { errno: "EMFILE", kinds: KIND.create | KIND.open, code: undefined },
  { errno: "EACCES", kinds: KIND.create | KIND.rename | KIND.remove | KIND.open, code: undefined },
] as const;

interface FailingCommand {
  readonly name: string;
  words(world: CrashWorld): readonly string[] | Promise<readonly string[]>;
}

const COMMANDS: readonly FailingCommand[] = [
  { name: "add", words: (world) => ["add", world.source("c-1", { "bin/c": "c", same: "same" })] },
  { name: "install", words: (world) => ["install", world.source("c-1", { "bin/c": "c", same: "same" })] },
  { name: "upgrade", words: (world) => ["upgrade", world.source("a-1", { "bin/a": "a!" }).replace(/.*/, "a")] },
  { name: "remove", words: () => ["remove", "b"] },
  { name: "switch", words: () => ["switch", "gen-1"] },
  { name: "rollback", words: () => ["rollback"] },
  { name: "pin", words: () => ["pin", "gen-1"] },
  { name: "add over a damaged object", words: (world) => addDamaged(world, { "bin/c": "c", same: "same" }) },
];

interface Failed {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly details: { readonly bug?: boolean };
  };
}

describe.skipIf(reason)(
  "a call that fails gives an error with a next step, and nothing that worked stops working (invariants 1 to 8 and 15):",
  () => {
    it.each(COMMANDS)("$name", async ({ name, words }) => {
      const world = await withTwo();
      const argv = ["--json", ...(await words(world))];
      const store = await world.open();
      const damage = brokenAtOnce(store);
      const before = { visible: visibleIn(store), acknowledged: acknowledgedIn(store) };
      world.keep();
      const journal = join(world.directory, "journal");
      expect(await shim.run(argv, { root: world.root, journal: { path: journal, data: false } })).toMatchObject({
        status: 0,
      });
      const calls = readCalls(journal);
      unlinkSync(journal);
      const after = visibleIn(store);
      const count = { faults: 0, failed: 0, done: 0, warned: 0 };
      for (const { errno, kinds, code } of ERRORS) {
        const number = calls.filter(({ kind }) => kind & kinds).length;
        for (const fault of fc.sample(anyFault({ kinds, errno, number }), { numRuns: FAULTS })) {
          const told = `${name}, ${JSON.stringify(fault)}, seed ${SEED}`;
          world.restore();
          const { status, stdout, stderr } = await shim.run(argv, { root: world.root, fault });
          expect(newIn(brokenAtOnce(store), damage), told).toEqual([]);
          expect(lost(before.acknowledged, store), told).toEqual([]);
          count.faults += 1;
          expect([0, 1, 3, 6], `${told}: ${stderr}`).toContain(status);
          if (status === 1 || status === 6) {
            const { error } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "") as Failed;
            expect(error.hint, `${told}: ${stderr}`).not.toBeNull();
            expect(error.details.bug, `${told}: ${stderr}`).toBeUndefined();
            if (code) expect(error.code, `${told}: ${stderr}`).toBe(code);
            expect(visibleIn(store), `${told}: it says that it failed`).toEqual(before.visible);
            count.failed += 1;
          } else {
            expect(visibleIn(store), `${told}: it says that it was done: ${stdout}`).toEqual(after);
            count[status === 3 ? "warned" : "done"] += 1;
          }
          const { files } = visibleIn(store);
          await installFrom(store, world.source("next-1", { next: "next" }));
          expect(visibleIn(store).files.default, told).toEqual({ ...files.default, next: "next" });
          expect(newIn(brokenRules(store), damage), told).toEqual([]);
          expect(leftovers(store), told).toEqual([]);
        }
      }
      figure("failing calls", { command: name, ...count });
    });
  },
);

function anyFault({
  kinds,
  errno,
  number,
}: {
  kinds: number;
  errno: Fault["errno"];
  number: number;
}): fc.Arbitrary<Fault> {
  return fc.record({
    mode: fc.constantFrom("fail" as const, "stay" as const),
    at: fc.integer({ min: 1, max: number }),
    kinds: fc.constant(kinds),
    errno: fc.constant(errno as NonNullable<Fault["errno"]>),
  });
}
