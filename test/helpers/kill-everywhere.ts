import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Store } from "../../src/store/open-store.ts";
import { listProfiles } from "../../src/store/profiles.ts";
import { removeTree } from "../../src/system/remove-tree.ts";
import type { Step } from "../operations/drivers/change.ts";
import type { ChangeDriver } from "./change-driver.ts";
import { brokenLive, brokenObjects, brokenRules } from "./profile-invariants.ts";
import { DEFAULT, installFrom, liveFiles, logRecords, type ProfileWorld } from "./profile-worlds.ts";

export interface KillScenario {
  readonly world: ProfileWorld;
  readonly driver: ChangeDriver;
  /** The store as it is before each run. */
  readonly store: Store;
  readonly step: Step;
  /** What the live generation holds before and after the step. */
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

/** How often the process was killed, and what was live afterwards. */
export interface KillCount {
  readonly kills: number;
  readonly old: number;
  readonly new: number;
}

/**
 * Puts the store where a step leaves it that is killed before its first call that changes the disk, then before its
 * second, and so on to its end; each time every invariant must hold and the next command must work. At every tenth call
 * a process is really killed; between them it is what one process kept of those moments, which is the same and takes a
 * fraction of the time.
 */
export async function killEverywhere(scenario: KillScenario): Promise<KillCount> {
  const { world, driver, step } = scenario;
  const begin = join(world.directory, "begin");
  const moments = join(world.directory, "moments");
  mkdirSync(moments);
  execFileSync("cp", ["-a", world.root, begin]);
  const next = world.source("next-1", { next: "next" });
  const count = { kills: 0, old: 0, new: 0 };
  const { outcomes } = driver.run({ root: world.root, steps: [step], moments });
  expect(checkWhole(scenario, "without a kill"), "without a kill").toBe("new");
  const { calls = 0 } = outcomes.at(-1) ?? {};
  for (let killAt = 1; killAt <= calls; killAt++) {
    if (killAt % 10 === 0) {
      putBack(begin, world.root);
      expect(driver.run({ root: world.root, steps: [step], killAt }).killed).toBe(true);
    } else {
      removeTree(world.root);
      renameSync(join(moments, `${killAt}`), world.root);
    }
    const which = checkWhole(scenario, `call ${killAt} of ${step.do}`);
    count.kills += 1;
    count[which] += 1;
    await checkNext(scenario, next, `call ${killAt} of ${step.do}`);
  }
  putBack(begin, world.root);
  driver.run({ root: world.root, steps: [step] });
  return count;
}

function putBack(kept: string, root: string): void {
  execFileSync("sh", ["-c", 'chmod -R u+w "$0" && rm -rf "$0" && cp -a "$1" "$0"', root, kept]);
}

/** Right after the kill: what is live is whole, and old or new. */
function checkWhole({ store, before, after }: KillScenario, where: string): "old" | "new" {
  expect(brokenObjects(store), where).toEqual([]);
  const profiles = listProfiles(store);
  expect(
    profiles.flatMap((profile) => brokenLive(store, profile)),
    where,
  ).toEqual([]);
  const files = profiles.includes(DEFAULT) ? liveFiles(store) : {};
  const isNew = JSON.stringify(files) === JSON.stringify(after);
  if (!isNew) expect(files, where).toEqual(before);
  return isNew ? "new" : "old";
}

/** The next command works, settles what was open, removes what was left and gives a number that nothing had. */
async function checkNext({ store }: KillScenario, next: string, where: string): Promise<void> {
  const files = listProfiles(store).includes(DEFAULT) ? liveFiles(store) : {};
  const numbers = logRecords(store).flatMap(({ event }) => (event.type === "generation" ? [event.generation] : []));
  const change = await installFrom(store, next);
  expect(change.to, where).toBeGreaterThan(Math.max(0, ...numbers));
  expect(liveFiles(store), where).toEqual({ ...files, next: "next" });
  expect(brokenRules(store), where).toEqual([]);
  expect(readdirSync(store.layout.temporary), where).toEqual([]);
}
