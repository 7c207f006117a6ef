import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { toRanges } from "../../src/model/number-ranges.ts";
import { readGeneration } from "../../src/store/generation-records.ts";
import { openIntents, openJournal } from "../../src/store/journal.ts";
import { stateAfter } from "../../src/store/log/history.ts";
import { verifyLog } from "../../src/store/log/verify.ts";
import { listObjects, readManifest } from "../../src/store/manifests.ts";
import type { Store } from "../../src/store/open-store.ts";
import { readPins } from "../../src/store/pins.ts";
import { listGenerations, listProfiles, readProfile } from "../../src/store/profiles.ts";
import { faultsOf } from "./naive-tree-id.ts";

/**
 * Every broken rule of a store that nothing is being done to, as text that begins with the number of the invariant in
 * store-layout.md; nothing when all hold.
 */
export function brokenRules(store: Store): string[] {
  return [...brokenObjects(store), ...listProfiles(store).flatMap((profile) => brokenProfile(store, profile))];
}

/** What must hold at every moment, also right after a process was killed. */
export function brokenObjects(store: Store): string[] {
  return listObjects(store).flatMap((object) => {
    const path = join(store.layout.storeDir, object);
    if (!existsSync(path)) return [`1: ${object} has a manifest and is not there`];
    return faultsOf(store, readManifest(store, object)).map((fault) => `1: ${object}: ${fault}`);
  });
}

function brokenProfile(store: Store, profile: ReturnType<typeof listProfiles>[number]): string[] {
  return [
    ...brokenLive(store, profile),
    ...brokenGenerations(store, profile),
    ...brokenLog(store, profile),
    ...leftovers(store, profile),
  ];
}

/** Invariant 2: what `current` leads to is a whole generation. Holds at every moment, too. */
export function brokenLive(store: Store, profile: ReturnType<typeof listProfiles>[number]): string[] {
  const directory = join(store.layout.profiles, profile);
  const target = readlinkSync(join(directory, "current"));
  if (!/^gen-\d+$/.test(target)) return [`2: current leads to ${target}`];
  const record = JSON.parse(readFileSync(join(directory, `${target}.json`), "utf8"));
  const forest = realpathSync(join(directory, "current"));
  const broken = forest === join(store.layout.storeDir, record.path) ? [] : [`2: current leads to ${forest}`];
  for (const object of [record.path, ...record.packages.map(({ path }: { path: string }) => path)]) {
    if (!existsSync(join(store.layout.manifests, `${object}.json`))) broken.push(`2: ${object} has no manifest`);
  }
  return broken;
}

function brokenGenerations(store: Store, profile: ReturnType<typeof listProfiles>[number]): string[] {
  const state = readProfile(store, profile);
  const numbers = listGenerations(store, state);
  const broken = numbers[0] === 0 ? [] : ["3: gen-0 is missing"];
  for (const number of numbers) {
    const { parent, path, packages } = readGeneration(store, profile, number);
    if (number === 0 ? parent !== undefined || packages.length > 0 : parent === undefined || parent >= number)
      broken.push(`3: gen-${number} has the parent ${parent} and ${packages.length} packages`);
    const link = readlinkSync(join(store.layout.profiles, profile, `gen-${number}`));
    if (link !== `../../${store.layout.storeDir.split("/").at(-1)}/${path}`) broken.push(`3: gen-${number} is ${link}`);
    if (number > state.last) broken.push(`4: gen-${number} is above ${state.last}`);
  }
  return broken;
}

function brokenLog(store: Store, profile: ReturnType<typeof listProfiles>[number]): string[] {
  const log = openJournal(store);
  const broken = verifyLog(log).findings.map(({ reason }) => `6: ${reason}`);
  if (openIntents(store, profile).length > 0) broken.push("6: an intent is open");
  const told = stateAfter(log).get(profile);
  if (!told) return broken;
  const state = readProfile(store, profile);
  const pins = readPins(store, profile);
  const onDisk = {
    current: state.current,
    previous: state.previous,
    lastGeneration: state.last,
    generations: toRanges(listGenerations(store, state)),
    packages: readGeneration(store, profile, state.current).packages.map(({ name, path, priority }) => ({
      name,
      path,
      priority,
    })),
    pins: toRanges(pins.generations),
    tags: Object.fromEntries(pins.tags),
  };
  const inLog = {
    current: told.current,
    previous: told.previous,
    lastGeneration: told.lastGeneration,
    generations: told.generations,
    packages: told.packages?.map(({ name, path, priority }) => ({ name, path, priority })),
    pins: told.pins,
    tags: Object.fromEntries(told.tags),
  };
  const [left, right] = [JSON.stringify(inLog), JSON.stringify(onDisk)];
  return left === right ? broken : [...broken, `6: the log tells ${left}, the disk ${right}`];
}

function leftovers(store: Store, profile: ReturnType<typeof listProfiles>[number]): string[] {
  const state = readProfile(store, profile);
  const known = /^(?:current|previous|profile\.json|pins\.json|gen-(\d+)(?:\.json)?)$/;
  const names = readdirSync(join(store.layout.profiles, profile)).filter((name) => {
    const number = known.exec(name)?.[1];
    return !known.test(name) || (number !== undefined && Number(number) > state.last);
  });
  return names.map((name) => `7: ${name} is left in profile ${profile}`);
}
