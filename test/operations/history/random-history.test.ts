import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { generations } from "../../../src/operations/packages/list.ts";
import { lockOrMakeProfile } from "../../../src/operations/profiles/lock-profile.ts";
import { pin } from "../../../src/operations/profiles/pin.ts";
import { selectGeneration } from "../../../src/operations/profiles/select-generation.ts";
import { openWorkspace } from "../../../src/operations/workspace.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { brokenRules } from "../../helpers/profile-invariants.ts";
import {
  type Action,
  anyAction,
  apply,
  CATALOGUE,
  emptyModel,
  filesOf,
  packagesOf,
} from "../../helpers/profile-model.ts";
import {
  DEFAULT,
  goBack,
  installFrom,
  installWith,
  liveFiles,
  logRecords,
  makeProfileWorld,
  removeNames,
  START,
  switchTo,
} from "../../helpers/profile-worlds.ts";
import { runs } from "../../helpers/runs.ts";

vi.setConfig({ testTimeout: 600_000 });

const STEP = 60_000;

async function carryOut(store: Store, action: Action, sources: ReadonlyMap<string, string>): Promise<string> {
  try {
    return (await act(store, action, sources)).changed ? "changed" : "unchanged";
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

function act(store: Store, action: Action, sources: ReadonlyMap<string, string>) {
  const paths = (names: readonly string[]) => names.map((name) => String(sources.get(name)));
  switch (action.do) {
    case "install": {
      const { priority } = action;
      return installWith(store, priority === undefined ? {} : { priority }, ...paths(action.names));
    }
    case "install-missing":
      return installFrom(store, ...paths(action.names), "/nowhere/x-1");
    case "remove":
      return removeNames(store, ...action.names);
    case "switch":
      return switchTo(store, `gen-${action.number}`);
    case "back-and-forth":
      return switchTo(store, "-");
    case "rollback":
      return goBack(store, action.steps);
    case "pin":
    case "unpin":
      return pin(store, DEFAULT, { selector: String(action.number), pinned: action.do === "pin" });
  }
}

async function checkHistory(actions: readonly Action[]): Promise<void> {
  const world = makeProfileWorld();
  const store = await world.open();
  const sources = new Map(Object.entries(CATALOGUE).map(([name, tree]) => [name, world.source(name, tree)]));
  const model = emptyModel();
  // Before the first change there is no profile to switch or pin.
  await makeProfile(store);
  for (const [at, action] of actions.entries()) {
    world.clock.now = START + (at + 1) * STEP;
    const expected = apply(model, action);
    expect(await carryOut(store, action, sources), JSON.stringify(action)).toBe(expected);
    model.history.push(model.current);
    checkAgainst(store, model);
  }
  await checkTimes(store, model);
}

async function makeProfile(store: Store): Promise<void> {
  using workspace = openWorkspace(store);
  using _lock = await lockOrMakeProfile(store, DEFAULT, { workspace });
}

function checkAgainst(store: Store, model: ReturnType<typeof emptyModel>): void {
  expect(liveFiles(store)).toEqual(filesOf(packagesOf(model)));
  const listed = generations(store, DEFAULT).map(({ generation, parent, current, pinned, packages }) => ({
    generation,
    parent,
    current,
    pinned,
    packages: packages.map(({ name, version }) => `${name} ${version}`),
  }));
  const modelled = [...model.generations].map(([generation, { parent, packages }]) => ({
    generation,
    parent,
    current: generation === model.current,
    pinned: model.pins.has(generation),
    packages: [...packages].map(([name, { version }]) => `${name} ${version}`).sort(),
  }));
  expect(listed).toEqual(modelled);
  const { previous, last } = readProfile(store, DEFAULT);
  expect([previous, last]).toEqual([model.previous, model.last]);
  expect(brokenRules(store)).toEqual([]);
}

/** What was live at the end of each step, asked for by time. */
async function checkTimes(store: Store, { history }: ReturnType<typeof emptyModel>): Promise<void> {
  const state = readProfile(store, DEFAULT);
  const begun = logRecords(store).findIndex(({ event }) => event.type === "generation" || event.type === "commit");
  const first = logRecords(store)[begun]?.time;
  for (const [at, number] of history.entries()) {
    const time = new Date(START + (at + 1) * STEP).toISOString();
    if (first === undefined || time < first) continue;
    expect((await selectGeneration(store, state, time)).generation, time).toBe(number);
  }
}

it("any history of changes leaves what a model in memory has (invariants 2 to 6)", async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyAction, { minLength: 3, maxLength: 16 }), checkHistory), {
    numRuns: runs(10),
  });
});

it("so does one that is long enough for snapshots in the log", async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyAction, { minLength: 100, maxLength: 100 }), checkHistory), {
    numRuns: 1,
    endOnFailure: true,
  });
});
