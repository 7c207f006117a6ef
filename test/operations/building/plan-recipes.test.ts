import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { whyRebuild } from "../../../src/operations/building/why-rebuild.ts";
import { planInstall, planUpgrade } from "../../../src/operations/history/plan.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { upgrade } from "../../../src/operations/profiles/upgrade.ts";
import type { StoreEvent } from "../../../src/operations/run-options.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { type BuildWorld, makeBuildWorld } from "../../helpers/build-world.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { DEFAULT, logRecords } from "../../helpers/profile-worlds.ts";

const request = (world: BuildWorld, ...specs: readonly string[]) => ({
  recipes: [world.recipes],
  cwd: world.directory,
  jobs: 2,
  specs,
});

function inputs(world: BuildWorld, ...specs: readonly string[]) {
  const build = { recipes: [world.recipes], cwd: world.directory, jobs: 2 };
  return { profile: DEFAULT, packages: specs.map((from) => ({ from, cwd: world.directory, build })) };
}

function forUpgrade(world: BuildWorld) {
  const build = { recipes: [world.recipes], cwd: world.directory, jobs: 2 };
  return { profile: DEFAULT, names: [], input: { cwd: world.directory, build } };
}

/** What a look must leave as it is. */
function stateOf(store: Store) {
  const { storeDir, sources, temporary } = store.layout;
  return [readdirSync(storeDir).sort(), readdirSync(sources), readdirSync(temporary), logRecords(store).length];
}

/** Small recipes, which are built in no time. */
function smallWorld(): BuildWorld {
  const world = makeBuildWorld({ memory: true });
  const small = (name: string, text: string) =>
    world.recipe(name, `build: script\nphases: {install: 'mkdir "$out"; ${text}'}\n`);
  small("low", "echo 1 > $out/low");
  small("mid", 'cat {{deps.low}}/low > "$out/mid"');
  small("top", 'cat {{deps.mid}}/mid > "$out/top"');
  world.edit("mid/recipe.yaml", "build: script", "dependencies: {build: [low]}\nbuild: script");
  world.edit("top/recipe.yaml", "build: script", "dependencies: {build: [mid]}\nbuild: script");
  return world;
}

describe("the plan of an install of recipes", () => {
  it("tells what would be fetched and built, why, and how long that took", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    const integrity = `sha256-${createHash("sha256").update("x").digest("base64")}`;
    const url = "https://localhost:1/pub/low.tar";
    world.edit(
      "low/recipe.yaml",
      "build: script",
      `sources: [{url: "${url}", integrity: ${integrity}}]\nbuild: script`,
    );
    const before = stateOf(store);
    const plan = await planInstall(store, inputs(world, "top"));
    expect(stateOf(store)).toEqual(before);
    expect(plan.added).toEqual([{ name: "top", version: "1", options: {}, path: null }]);
    expect(plan.fetch).toEqual([{ name: "low", version: "1", url, bytes: undefined }]);
    expect(plan.build.map(({ name, certain, reason }) => [name, certain, reason])).toEqual([
      ["low", true, "it was never built here"],
      ["mid", false, "when low@1 comes out differently"],
      ["top", false, "when mid@1 comes out differently"],
    ]);
  });

  it("is nothing to do for what is there, and then tells conflicts, too", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await install(store, inputs(world, "top"));
    const plan = await planInstall(store, inputs(world, "top", "low"));
    expect(plan).toMatchObject({ upgraded: [], build: [], fetch: [] });
    expect(plan.added).toMatchObject([{ name: "low", path: expect.stringMatching(/-low-1$/) }]);
    world.recipe("other", "build: script\nphases: {install: 'mkdir \"$out\"; echo 2 > $out/low'}\n");
    await world.build(store, "other");
    await expect(planInstall(store, inputs(world, "low", "other"))).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("the plan of an upgrade of recipes", () => {
  it("follows a change up to what is installed, and the upgrade then does it", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await install(store, inputs(world, "top"));
    expect(await planUpgrade(store, forUpgrade(world))).toMatchObject({ upgraded: [], build: [] });
    world.edit("low/recipe.yaml", "echo 1", "echo 2");
    const plan = await planUpgrade(store, forUpgrade(world));
    expect(plan.upgraded).toMatchObject([{ name: "top", to: { path: null } }]);
    expect(plan.build.map(({ name, reason }) => [name, reason])).toEqual([
      ["low", "changed: phases.install"],
      ["mid", "when low@1 comes out differently"],
      ["top", "when mid@1 comes out differently"],
    ]);
    expect(plan.build.every(({ expectedSeconds }) => typeof expectedSeconds === "number")).toBe(true);
    expect((await upgrade(store, forUpgrade(world))).upgraded.map(({ name }) => name)).toEqual(["top"]);
    expect(await planUpgrade(store, forUpgrade(world))).toMatchObject({ upgraded: [], build: [] });
  });

  it("without recipes tells what cannot be looked at; that is an error for what is named", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await install(store, inputs(world, "low", "top"));
    await install(store, {
      profile: DEFAULT,
      packages: [{ from: world.tree({ a: "" }, join(world.directory, "plain-1")), cwd: "/" }],
    });
    const build = { recipes: [], cwd: world.directory };
    for (const look of [upgrade, planUpgrade]) {
      const warnings: string[] = [];
      const onEvent = (event: StoreEvent) => event.kind === "warning" && warnings.push(event.message);
      const all = { profile: DEFAULT, names: [], input: { cwd: "/", build } };
      expect(await look(store, all, { onEvent })).toMatchObject({ changed: false, upgraded: [] });
      expect(warnings).toEqual(["built from recipes, and not looked at without them: low, top"]);
      expect(await look(store, { ...all, names: ["plain"] }, { onEvent })).toMatchObject({ changed: false });
      expect(warnings).toHaveLength(1);
      expect(await caughtAsync(look(store, { ...all, names: ["low"] }))).toMatchObject({
        code: "NOT_FOUND",
        hint: expect.stringContaining("STORE_RECIPES"),
      });
    }
  });
});

describe("an upgrade of what was built from recipes", () => {
  it("does not take a file or directory of the same name in the working directory for it", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await install(store, inputs(world, "low", "top"));
    const cwd = world.tree({ "low/junk": "", top: "" }, join(world.directory, "elsewhere"));
    const other = world.tree({ "mine/recipe.yaml": "" }, join(world.directory, "other"));
    for (const recipes of [[], [other]])
      for (const look of [upgrade, planUpgrade]) {
        const warnings: string[] = [];
        const onEvent = (event: StoreEvent) => event.kind === "warning" && warnings.push(event.message);
        const request = { profile: DEFAULT, names: [], input: { cwd, build: { recipes, cwd } } };
        expect(await look(store, request, { onEvent })).toMatchObject({ changed: false, upgraded: [] });
        expect(warnings).toEqual(["built from recipes, and not looked at without them: low, top"]);
        expect(await caughtAsync(look(store, { ...request, names: ["low"] }))).toMatchObject({ code: "NOT_FOUND" });
      }
  });

  it("is not kept from the others by a recipe that is gone", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await install(store, inputs(world, "low", "top"));
    world.edit("low/recipe.yaml", "echo 1", "echo 2");
    rmSync(join(world.recipes, "top"), { recursive: true });
    const warnings: string[] = [];
    const onEvent = (event: StoreEvent) => event.kind === "warning" && warnings.push(event.message);
    expect(await upgrade(store, forUpgrade(world), { onEvent })).toMatchObject({ upgraded: [{ name: "low" }] });
    expect(warnings).toEqual(["built from recipes, and not looked at without them: top"]);
  });
});

describe("the options of an installed recipe", () => {
  const OPTIONS = "options: {x11: {default: false}, docs: {default: true}, blas: {values: [one, two], default: one}}\n";
  const INSTALL = `build: script\nphases: {install: 'mkdir "$out"; echo {{options.x11}} {{options.docs}} > "$out/o"'}\n`;
  const installed = (store: Store) => readGeneration(store, DEFAULT, readProfile(store, DEFAULT).current).packages[0];

  it("stay in an upgrade when the recipe's defaults change; an install takes these", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("tool", OPTIONS + INSTALL);
    await install(store, inputs(world, "tool~docs"));
    expect(installed(store)?.options).toEqual({ x11: false, docs: false, blas: "one" });
    world.recipe("tool", `summary: new\n${OPTIONS.replace("x11: {default: false}", "x11: {default: true}")}${INSTALL}`);
    world.edit("tool/recipe.yaml", 'version: "1"', "version: 2");
    await upgrade(store, forUpgrade(world));
    expect(installed(store)).toMatchObject({ version: "2", options: { x11: false, docs: false, blas: "one" } });
    await install(store, inputs(world, "tool"));
    expect(installed(store)?.options).toEqual({ x11: true, docs: true, blas: "one" });
  });

  it("fall away with the recipe's own, and take its default when their value does", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("tool", OPTIONS + INSTALL);
    await install(store, inputs(world, "tool"));
    const later = "options: {docs: {default: false}, blas: {values: [two, three], default: two}}\n";
    world.recipe("tool", later + INSTALL.replace("{{options.x11}}", "none"));
    const change = await upgrade(store, forUpgrade(world));
    expect(installed(store)?.options).toEqual({ docs: true, blas: "two" });
    expect(change.upgraded).toMatchObject([{ to: { options: { docs: true, blas: "two" } } }]);
  });
});

describe("packages that were installed one by one", () => {
  it("are upgraded together, although each wants another variant of what they share", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const install1 = (text: string) => `build: script\nphases: {install: 'mkdir "$out"; ${text}'}\n`;
    world.recipe("low", `options: {x: {default: false}}\n${install1('echo {{options.x}} > "$out/low"')}`);
    world.recipe("mid", `dependencies: {build: [low+x]}\n${install1('cp {{deps.low}}/low "$out/mid"')}`);
    await install(store, inputs(world, "low"));
    await install(store, inputs(world, "mid"));
    await expect(install(store, inputs(world, "low", "mid"))).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await upgrade(store, forUpgrade(world))).toMatchObject({ changed: false });
    world.edit("low/recipe.yaml", "echo", "echo now");
    const { upgraded } = await upgrade(store, forUpgrade(world));
    expect(upgraded.map(({ name }) => name)).toEqual(["low", "mid"]);
    expect(await planUpgrade(store, forUpgrade(world))).toMatchObject({ build: [], upgraded: [] });
  });

  it.each([
    ["one by one", [["a", "c"], ["d"], ["b"]]],
    ["together", [["a", "b", "c"]]],
  ])(
    "that were installed %s stay with what they were built with; new versions of it reach all",
    async (_, commands) => {
      const world = makeBuildWorld({ memory: true });
      const store = await world.buildStore();
      const script = (text: string) => `build: script\nphases: {install: 'mkdir "$out"; ${text}'}\n`;
      world.recipe("low", `options: {x: {default: false}}\n${script('echo {{version}} {{options.x}} > "$out/low"')}`);
      world.tree({ "low/0.yaml": "" }, world.recipes);
      const needs = { a: "low", b: "low+x", c: "low", d: "low@<1" };
      for (const [name, need] of Object.entries(needs))
        world.recipe(name, `dependencies: {build: [${need}]}\n${script(`cp {{deps.low}}/low "$out/${name}"`)}`);
      for (const names of commands) await install(store, inputs(world, ...names));
      expect(await planUpgrade(store, forUpgrade(world))).toMatchObject({ build: [], upgraded: [] });
      expect(await upgrade(store, forUpgrade(world))).toMatchObject({ changed: false });
      world.tree({ "low/2.yaml": "" }, world.recipes);
      const { upgraded } = await upgrade(store, forUpgrade(world));
      expect(upgraded.map(({ name }) => name)).toEqual(["a", "b", "c"]);
      expect(await upgrade(store, forUpgrade(world))).toMatchObject({ changed: false });
      const current = join(store.layout.profiles, "default/current");
      const lows = ["a", "b", "c"].map((name) => readFileSync(join(current, name), "utf8").trim());
      expect(lows).toEqual(["2 false", "2 true", "2 false"].map((low) => (commands.length > 1 ? low : "2 true")));
    },
  );
});

describe("whyRebuild", () => {
  it("traces an input down to what changed, and tells the chain up to what waits", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await world.build(store, "top");
    world.edit("low/recipe.yaml", "echo 1", "echo 2");
    const waiting = await whyRebuild(store, request(world, "top"));
    expect(waiting.map(({ chains }) => chains)).toEqual([[], [["low@1", "mid@1"]], [["low@1", "mid@1", "top@1"]]]);
    await world.build(store, "mid");
    const [, , top] = await whyRebuild(store, request(world, "top"));
    expect(top).toMatchObject({
      state: "missing",
      why: "changed",
      differences: [
        {
          member: "inputs.mid",
          causes: [{ member: "inputs.low", causes: [{ member: "phases.install", causes: [] }] }],
        },
      ],
    });
  });

  it("tells what is gone, and what was built without the sandbox that is asked for", async () => {
    const world = smallWorld();
    const store = await world.buildStore();
    await world.build(store, "low", { sandbox: "off" });
    const state = async (sandbox?: "required") =>
      (await whyRebuild(store, { ...request(world, "low"), sandbox })).map(({ why }) => why);
    expect([await state(), await state("required")]).toEqual([[undefined], ["unsandboxed"]]);
    for (const name of readdirSync(store.layout.manifests)) unlinkSync(`${store.layout.manifests}/${name}`);
    expect(await state()).toEqual(["gone"]);
  });
});
