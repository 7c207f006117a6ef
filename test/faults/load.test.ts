import { describe, expect, it, vi } from "vitest";
import { commandNames } from "../../src/cli/registry.ts";
import { parseProfileName } from "../../src/model/ids.ts";
import { openStore } from "../../src/operations/open-store.ts";
import { readGeneration } from "../../src/store/generation-records.ts";
import { readProfile } from "../../src/store/profiles.ts";
import { brokenRules } from "../helpers/profile-invariants.ts";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";
import { SEED } from "../helpers/seed.ts";
import type { TreeData } from "../helpers/worlds.ts";
import { figure, leftovers } from "./crash-world.ts";

vi.setConfig({ testTimeout: 0 });

/** More for a longer run: `npm run test:load`. */
const SECONDS = Number(process.env.STORE_LOAD_SECONDS ?? 8);
const PROCESSES = 8;
/** Commands of each process, however slow the machine is. */
const LEAST = 3;

/** What one process of the eight does, command after command. */
interface Worker {
  readonly number: number;
  /** Packages that this process alone installs in the profile `shared` and removes from it: which are there. */
  readonly installed: Set<string>;
  readonly random: (below: number) => number;
}

interface Job {
  readonly words: readonly string[];
  /** What is true when it was done. */
  readonly done?: () => void;
}

const KINDS = ["own", "own", "own", "wild", "wild", "switch", "switch", "add", "gc", "verify", "read"] as const;

function nextJob(world: StoreWorld, worker: Worker): Job {
  const { number, installed, random } = worker;
  const kind = KINDS[random(KINDS.length)] as (typeof KINDS)[number];
  const version = random(4);
  // Others must not write to what this one reads.
  const source = (nameAndVersion: string, tree: TreeData) => world.source(`w${number}/${nameAndVersion}`, tree);
  switch (kind) {
    case "own": {
      const name = `own${number}x${random(3)}`;
      if (installed.has(name)) return { words: ["remove", "-p", "shared", name], done: () => installed.delete(name) };
      const from = source(`${name}-${version}`, {
        [`bin/${name}`]: `${version}`,
        [name]: name,
        "share/same": "same",
      });
      return { words: ["install", "-p", "shared", from], done: () => installed.add(name) };
    }
    case "wild": {
      const name = `wild${random(4)}`;
      const from = source(`${name}-${version}`, { [`bin/${name}`]: `${version}`, "share/same": "same" });
      return { words: ["install", "-p", "wild", from] };
    }
    case "switch":
      return { words: ["switch", "-p", "wild", `gen-${random(2)}`] };
    case "add":
      return { words: ["add", source(`added${random(20)}-${version}`, { file: `${random(20)}`, same: "same" })] };
    case "gc":
    case "verify":
      return { words: commandNames().includes(kind) ? [kind] : ["profiles"] };
    case "read":
      return { words: [["list", "-p", "wild"], ["generations", "-p", "shared"], ["profiles"]][random(3)] as string[] };
  }
}

/** A generator of small numbers that a seed determines (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

interface Tally {
  commands: number;
  busy: number;
}

async function work(
  world: StoreWorld,
  worker: Worker,
  { until, tally }: { until: number; tally: Tally },
): Promise<void> {
  for (let count = 0; count < LEAST || performance.now() < until; count++) {
    const { words, done } = nextJob(world, worker);
    const noWait = worker.random(4) === 0 ? ["--no-wait"] : [];
    const { status, stderr } = await ended(world, [...words, ...noWait]);
    tally.commands += 1;
    if (status === 5 && noWait.length > 0) tally.busy += 1;
    else {
      expect(status, `store ${words.join(" ")}: ${stderr}`).toBe(0);
      done?.();
    }
  }
}

function ended(world: StoreWorld, words: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  const child = world.start(words);
  let stderr = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stderr })));
}

describe("load (invariants 1 to 8, 11, 12):", () => {
  it(`${PROCESSES} processes at once lose nothing of each other's, and meet no error but BUSY`, async () => {
    const world = makeStoreWorld();
    world.done("install", "-p", "wild", world.source("first-1", { first: "first" }));
    world.done("install", "-p", "shared", world.source("first-1", { first: "first" }));
    const tally: Tally = { commands: 0, busy: 0 };
    const until = performance.now() + SECONDS * 1000;
    const workers = Array.from(
      { length: PROCESSES },
      (_, number): Worker => ({ number, installed: new Set(), random: randomFrom(SEED + number) }),
    );
    await Promise.all(workers.map((worker) => work(world, worker, { until, tally })));

    const store = await openStore({ root: world.root, env: {} });
    const shared = parseProfileName("shared");
    const { packages } = readGeneration(store, shared, readProfile(store, shared).current);
    const expected = ["first", ...workers.flatMap(({ installed }) => [...installed])].sort();
    expect(packages.map(({ name }) => String(name)).sort(), `seed ${SEED}`).toEqual(expected);
    world.done("install", world.source("last-1", { last: "last" }));
    for (const profile of ["shared", "wild"]) world.done("switch", "-p", profile, "gen-0");
    expect(brokenRules(store), `seed ${SEED}`).toEqual([]);
    expect(leftovers(store), `seed ${SEED}`).toEqual([]);
    if (commandNames().includes("verify")) world.done("verify", "--contents");
    expect(tally.commands).toBeGreaterThanOrEqual(PROCESSES * LEAST);
    figure("load", { processes: PROCESSES, seconds: SECONDS, ...tally });
  });

  it("a hundred packages are installed by one command, as one generation", async () => {
    const world = makeStoreWorld();
    const names = Array.from({ length: 100 }, (_, number) => `p${number}`);
    const sources = names.map((name) =>
      world.source(`${name}-1`, { [`bin/${name}`]: name, [`share/${name}/text`]: name, "share/same": "same" }),
    );
    const change = world.done("install", "--json", ...sources).json<{ to: number; added: { name: string }[] }>();
    expect(change.to).toBe(1);
    expect(change.added.map(({ name }) => name).sort()).toEqual([...names].sort());
    const store = await openStore({ root: world.root, env: {} });
    expect(brokenRules(store)).toEqual([]);
    expect(world.done("list", "--json").json()).toHaveLength(100);
  });
});
