import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { probeSandbox } from "../../src/build/sandbox/probe-sandbox.ts";
import type { StoreError } from "../../src/errors.ts";
import { type BuiltPackage, build } from "../../src/operations/building/build.ts";
import type { BuildSettings } from "../../src/operations/building/build-settings.ts";
import type { RunOptions, StoreEvent } from "../../src/operations/run-options.ts";
import type { Store } from "../../src/store/open-store.ts";
import { caughtAsync } from "./caught.ts";
import { fakeContext, makeWorld, type World } from "./worlds.ts";

const FIXTURES = fileURLToPath(new URL("../../fixtures/recipes-builds", import.meta.url));

/** Whether builds can run in a sandbox here; says so when they cannot. To be called at the top of a test file. */
export async function canSandbox(): Promise<boolean> {
  const probe = await probeSandbox({ path: process.env.PATH ?? "", platform: process.platform, directory: tmpdir() });
  if (!probe.available) process.stderr.write(`SKIPPED: tests of builds in the sandbox: ${probe.reason}\n`);
  return probe.available;
}

export interface Outcome {
  readonly built: readonly BuiltPackage[];
  /** Ids of the packages whose builds began, in that order. */
  readonly started: readonly string[];
  readonly warnings: readonly string[];
  /** What was told and asks for nothing. */
  readonly notes: readonly string[];
  readonly events: readonly StoreEvent[];
}

export type Settings = Partial<BuildSettings> & RunOptions;

/** A world with a copy of the fixture recipes, which tests can change. */
export interface BuildWorld extends World {
  /** The directory of recipes. */
  readonly recipes: string;
  /** Opens a store whose builds see this environment. */
  buildStore(name?: string, env?: Readonly<Record<string, string>>): Promise<Store>;
  build(store: Store, specs: string | readonly string[], settings?: Settings): Promise<Outcome>;
  /** The error of a build that must fail, and what was told before. */
  failure(
    store: Store,
    specs: string | readonly string[],
    settings?: Settings,
  ): Promise<{
    readonly error: StoreError;
    readonly events: readonly StoreEvent[];
    readonly started: readonly string[];
  }>;
  /** Writes a recipe `NAME/recipe.yaml`; `name` and `version: "1"` are put in front. */
  recipe(name: string, text: string): void;
  /** Replaces a text, which must be there, in a file of the recipes. */
  edit(path: string, from: string, to: string): void;
}

export function makeBuildWorld(options: { readonly memory?: boolean } = {}): BuildWorld {
  const world = makeWorld(options);
  const recipes = join(world.directory, "recipes");
  cpSync(FIXTURES, recipes, { recursive: true });
  const requestFor = (specs: string | readonly string[], settings: Settings) => ({
    recipes: [recipes],
    cwd: world.directory,
    jobs: 2,
    ...settings,
    specs: [specs].flat(),
  });
  const run: BuildWorld["build"] = async (store, specs, settings = {}) => {
    const events: StoreEvent[] = [];
    const built = await build(store, requestFor(specs, settings), listening(settings, events));
    return { built, events, started: startedIn(events), warnings: warningsIn(events), notes: notesIn(events) };
  };
  return {
    ...world,
    recipes,
    buildStore: (name = "s", env = {}) =>
      world.store(name, {
        context: fakeContext({ env: { PATH: process.env.PATH ?? "", HOME: "/home/tester", ...env } }),
      }),
    build: run,
    async failure(store, specs, settings = {}) {
      const events: StoreEvent[] = [];
      const building = build(store, requestFor(specs, settings), listening(settings, events));
      const error = (await caughtAsync(building)) as StoreError;
      return { error, events, started: startedIn(events) };
    },
    recipe(name, text) {
      const path = join(recipes, name, "recipe.yaml");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `name: "${name}"\nversion: "1"\n${text}`);
    },
    edit(path, from, to) {
      const text = readFileSync(join(recipes, path), "utf8");
      if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
      writeFileSync(join(recipes, path), text.replaceAll(from, to));
    },
  };
}

function listening(settings: Settings, events: StoreEvent[]): RunOptions {
  return {
    signal: settings.signal,
    onEvent: (event) => {
      events.push(event);
      settings.onEvent?.(event);
    },
  };
}

function startedIn(events: readonly StoreEvent[]): string[] {
  return events.flatMap((each) => (each.kind === "building" && each.event.kind === "started" ? [each.event.id] : []));
}

function warningsIn(events: readonly StoreEvent[]): string[] {
  return events.flatMap((each) => (each.kind === "warning" ? [each.message] : []));
}

function notesIn(events: readonly StoreEvent[]): string[] {
  return events.flatMap((each) => (each.kind === "building" && each.event.kind === "note" ? [each.event.message] : []));
}
