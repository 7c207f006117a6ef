import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BuiltPackage } from "../../src/operations/building/build.ts";
import { findBuild, listBuilds } from "../../src/store/builds.ts";
import { openStoreAt } from "../../src/store/open-store.ts";
import { type BuildWorld, makeBuildWorld } from "../helpers/build-world.ts";
import { fakeContext } from "../helpers/worlds.ts";

/**
 * A recipe that notes in the directory `marks` of the host how many jobs run at once; needs the sandbox off. Its jobs
 * wait for each other until `together` of them ran at once.
 */
function counting(world: BuildWorld, name: string, parts: number, together = 1): void {
  const marks = world.tree({}, join(world.directory, "marks"));
  const full = join(world.directory, `full-${name}`);
  const wait = `i=0; while [ ! -e ${full} ] && [ $$i -lt 500 ]; do [ $$(ls ${marks} | wc -l) -ge ${together} ] && touch ${full}; i=$$((i+1)); sleep 0.02; done`;
  const makefile = [
    `all: ${[...Array(parts).keys()].map((part) => `p${part}`).join(" ")}`,
    "p%:",
    `\t@touch ${marks}/${name}-$@; ${wait}; ls ${marks} | wc -l >> ${world.directory}/counts; sleep 0.15; rm ${marks}/${name}-$@`,
    "install:",
    '\tmkdir -p "$(out)"',
  ];
  world.tree({ Makefile: `${makefile.join("\n")}\n` }, join(world.recipes, name, "src"));
  world.recipe(name, "sources: [{path: src}]\nbuild: make\n");
}

function mostAtOnce(world: BuildWorld): number {
  return Math.max(...readFileSync(join(world.directory, "counts"), "utf8").trim().split("\n").map(Number));
}

describe("jobs", () => {
  it.each([1, 3])("are %i in total, over all builds and what make starts", async (jobs) => {
    const world = makeBuildWorld({ memory: true });
    for (const name of ["one", "two", "three"]) counting(world, name, 3);
    const { started } = await world.build(await world.buildStore(), ["one", "two", "three"], { sandbox: "off", jobs });
    expect(started.length).toBe(3);
    expect(mostAtOnce(world)).toBeLessThanOrEqual(jobs);
  });

  it("are used by make when a single package is built", async () => {
    const world = makeBuildWorld({ memory: true });
    counting(world, "one", 6, 2);
    await world.build(await world.buildStore(), "one", { sandbox: "off", jobs: 3 });
    expect([2, 3]).toContain(mostAtOnce(world));
  });
});

describe("a graph in which something fails", () => {
  /** `good`, `bad`, `needs-bad` (which needs both), `needs-needs`, `other` (slow, and needs nothing). */
  function graph(): BuildWorld {
    const world = makeBuildWorld({ memory: true });
    const recipe = (name: string, needs: string, text: string) =>
      world.recipe(name, `dependencies: {build: [${needs}]}\nbuild: script\nphases: {install: '${text}'}\n`);
    recipe("good", "", 'mkdir "$out"');
    recipe("bad", "good", "false");
    recipe("needs-bad", "good, bad", 'mkdir "$out"');
    recipe("needs-needs", "needs-bad", 'mkdir "$out"');
    recipe("other", "", 'sleep 1; mkdir "$out"');
    return world;
  }
  const states = (events: Awaited<ReturnType<BuildWorld["failure"]>>["events"]) =>
    Object.fromEntries(
      events.flatMap((each) =>
        each.kind === "building" && each.event.kind === "finished"
          ? [
              [
                each.event.result.id,
                each.event.result.state === "skipped"
                  ? `skipped: ${each.event.result.because}`
                  : each.event.result.state,
              ],
            ]
          : [],
      ),
    );

  it("goes on with --keep-going, skips what needs it, and keeps what was built", async () => {
    const world = graph();
    const store = await world.buildStore();
    const { error, events } = await world.failure(store, ["needs-needs", "other"], { keepGoing: true });
    expect(states(events)).toEqual({
      "good@1": "built",
      "bad@1": "failed",
      "needs-bad@1": "skipped: bad@1",
      "needs-needs@1": "skipped: bad@1",
      "other@1": "built",
    });
    expect(error.code).toBe("BUILD_FAILED");
    expect(error.message).toContain("bad@1 failed in phase install");
    expect(error.message).toContain("needs-needs@1 was skipped: bad@1 failed");
    expect(error.details.failed).toEqual(["bad@1"]);
    world.edit("bad/recipe.yaml", "false", 'mkdir "$out"');
    const again = await world.build(store, ["needs-needs", "other"]);
    expect(again.started).toEqual(["bad@1", "needs-bad@1", "needs-needs@1"]);
  });

  it("stops at once without", async () => {
    const world = graph();
    const store = await world.buildStore();
    const { error, events } = await world.failure(store, ["needs-needs", "other"]);
    expect(states(events)).toMatchObject({ "good@1": "built", "bad@1": "failed", "other@1": "skipped: bad@1" });
    expect(error.details.failed).toEqual(["bad@1"]);
    expect(readdirSync(store.layout.temporary)).toEqual([]);
    expect(listBuilds(store).map(({ derivation }) => derivation.name)).toEqual(["good"]);
  });
});

describe("the same thing wanted twice at once", () => {
  it("is built once, and the second waits", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("slow", `build: script\nphases: {install: 'sleep 0.5; mkdir "$out"'}\n`);
    const store = await world.buildStore();
    // Locks hold between open files, so that two stores in one process are like two processes.
    const other = await openStoreAt({ root: store.layout.root, context: fakeContext({ env: store.context.env }) });
    const [one, two] = await Promise.all([world.build(store, "slow"), world.build(other, "slow")]);
    expect([...one.started, ...two.started]).toEqual(["slow@1"]);
    expect(
      [...one.events, ...two.events].filter((each) => each.kind === "building" && each.event.kind === "waiting").length,
    ).toBe(1);
    expect(two.built[0]?.path).toBe(one.built[0]?.path);
  });
});

describe("the record of a build", () => {
  it("tells derivation, phases, time, and whether it was sandboxed", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built } = await world.build(store, "confed", { check: true });
    const { key, baseName } = built[0] as BuiltPackage;
    const record = findBuild(store, key);
    expect(record).toMatchObject({ key, output: baseName, derivation: { name: "confed", version: "1.0" } });
    expect(Object.keys(record?.phases ?? {})).toEqual(["unpack", "configure", "build", "check", "install"]);
    expect(readdirSync(store.layout.buildLogs)).toContain(`${key}.log.gz`);
  });
});

describe("options that the command asks for", () => {
  it("hold for what needs the package, too, in whatever order they are given", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe(
      "user",
      `dependencies: {link: [optional]}\nbuild: script\nphases: {install: 'cp -r "$dep_optional/share" "$out"'}\n`,
    );
    const store = await world.buildStore();
    const { built, started } = await world.build(store, ["user", "optional@1.9+loud"]);
    expect(readFileSync(join(built[0]?.path ?? "", "greeting"), "utf8")).toBe("HELLO on linux. 1.9\n");
    expect(started).toEqual(["optional@1.9+loud language=en", "user@1"]);
  });
});
