import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProfileName } from "../../../src/model/ids.ts";
import { exportObjects } from "../../../src/operations/archives/export-objects.ts";
import { importObjects } from "../../../src/operations/archives/import-objects.ts";
import type { BuiltPackage } from "../../../src/operations/building/build.ts";
import { buildLogOf } from "../../../src/operations/building/build-log-of.ts";
import { checkBuilds } from "../../../src/operations/building/check-build.ts";
import { fetchSources } from "../../../src/operations/building/fetch-sources.ts";
import { whyRebuild } from "../../../src/operations/building/why-rebuild.ts";
import { objectInfo } from "../../../src/operations/packages/info.ts";
import { install } from "../../../src/operations/profiles/install.ts";
import { upgrade } from "../../../src/operations/profiles/upgrade.ts";
import { readGeneration } from "../../../src/store/generation-records.ts";
import { readManifest } from "../../../src/store/manifests.ts";
import type { Store } from "../../../src/store/open-store.ts";
import { readProfile } from "../../../src/store/profiles.ts";
import { type BuildWorld, canSandbox, makeBuildWorld } from "../../helpers/build-world.ts";
import { caughtAsync } from "../../helpers/caught.ts";
import { gitRepository, hasGit } from "../../helpers/git-repository.ts";
import { logRecords } from "../../helpers/profile-worlds.ts";

const hasSandbox = await canSandbox();
const DEFAULT = "default" as ProfileName;
const HAS_PIP = existsSync("/usr/lib/python3/dist-packages/wheel");

function request(world: BuildWorld, ...specs: readonly string[]) {
  return { recipes: [world.recipes], cwd: world.directory, jobs: 2, specs };
}

/** Serves bodies by path, and counts what was asked for. */
async function serve(
  bodies: Readonly<Record<string, string>>,
  before: () => Promise<void> = async () => {},
): Promise<{ url: string; asked: string[]; close(): Promise<void> }> {
  const asked: string[] = [];
  const server = createServer(async (incoming, response) => {
    asked.push(incoming.url ?? "");
    await before();
    const body = bodies[incoming.url ?? ""];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

function integrityOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

describe("fields that the command defines", () => {
  it("are recorded with what is built, and said not to be with what was there", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const first = await world.build(store, "tree", { define: { team: "a" } });
    const [tree] = first.built as [BuiltPackage];
    expect(readManifest(store, tree.baseName).unknown.metadata).toMatchObject({ team: "a" });
    expect((await world.build(store, "tree", { define: { team: "a" } })).warnings).toEqual([]);
    const { warnings } = await world.build(store, "tree", { define: { team: "a", ticket: "7", more: "8" } });
    expect([first.warnings, warnings]).toEqual([
      [],
      [`ticket, more of --define are not recorded with tree: ${tree.baseName} was in the store already`],
    ]);
  });
});

describe("sources from the network", () => {
  it("are fetched once, for a whole closure, and are enough to build offline", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const server = await serve({ "/low.txt": "low\n", "/high.txt": "high\n" });
    const recipe = (name: string, text: string, more = "") =>
      world.recipe(
        name,
        `sources:\n  - url: [${server.url}/missing/${name}.txt, ${server.url}/${name}.txt]\n    integrity: ${integrityOf(text)}\nbuild: script\nphases: {install: 'mkdir "$out"; cat ${name}.txt $(ls -d "\${dep_low-/missing}/text" 2>/dev/null) > "$out/text"'}\n${more}`,
      );
    recipe("low", "low\n");
    recipe("high", "high\n", "dependencies: {link: [low]}\n");
    const early = await world.failure(store, "high", { offline: true });
    expect(early.error.code).toBe("OFFLINE");
    expect(server.asked).toEqual([]);
    const fetched = await fetchSources(store, request(world, "high"));
    expect(fetched).toEqual([
      { package: "low@1", fileName: "low.txt", url: `${server.url}/low.txt`, integrity: integrityOf("low\n") },
      {
        package: "high@1",
        fileName: "high.txt",
        url: `${server.url}/high.txt`,
        integrity: integrityOf("high\n"),
      },
    ]);
    const asked = [...server.asked];
    expect(await fetchSources(store, request(world, "high"))).toEqual(fetched);
    expect(asked.sort()).toEqual(["/high.txt", "/low.txt", "/missing/high.txt", "/missing/low.txt"]);
    await server.close();
    const { built, started } = await world.build(store, "high", { offline: true });
    expect(started).toEqual(["low@1", "high@1"]);
    expect(readFileSync(join(built[0]?.path ?? "", "text"), "utf8")).toBe("high\nlow\n");
    expect(server.asked.length).toBe(asked.length);
  });

  it("of one build are fetched several at once", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const waiting: (() => void)[] = [];
    const server = await serve({ "/a": "a\n", "/b": "b\n" }, async () => {
      // Whoever asks first gets no answer before the other has asked.
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const go of waiting) go();
      });
    });
    const sources = ["a", "b"].map((name) => `{url: '${server.url}/${name}', integrity: ${integrityOf(`${name}\n`)}}`);
    world.recipe("x", `sources: [${sources.join(", ")}]\nbuild: copy\n`);
    const { built } = await world.build(store, "x");
    expect(readdirSync(built[0]?.path ?? "").sort()).toEqual(["a", "b"]);
    expect(server.asked.length).toBe(2);
  });

  it("without an integrity are fetched to tell it, and build nothing", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const server = await serve({ "/x.txt": "x\n", "/y.txt": "y\n" });
    const sources = `sources:\n  - url: ${server.url}/x.txt\n  - url: ${server.url}/y.txt\n`;
    world.recipe("x", `${sources}build: copy\n`);
    expect((await world.failure(store, "x")).error.code).toBe("INVALID_RECIPE");
    const error = await caughtAsync(fetchSources(store, request(world, "x")));
    expect(error).toMatchObject({ code: "INTEGRITY" });
    for (const part of [integrityOf("x\n"), integrityOf("y\n"), "/y.txt"]) expect(String(error)).toContain(part);
    await server.close();
  });

  it.skipIf(!hasGit())("of git are held against their integrity, the tree id of the commit", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const repository = gitRepository(world.directory, "repository");
    world.tree({ "a.txt": "a\n" }, repository.path);
    const commit = repository.commit();
    const recipe = (integrity: string) =>
      world.recipe(
        "x",
        `sources: [{url: 'git+file://${repository.path}#${commit}', integrity: ${integrity}}]\nbuild: copy\n`,
      );
    recipe(integrityOf("other"));
    const { error } = await world.failure(store, "x");
    const right = /actual: +(sha256-\S+)/.exec(error.message)?.[1] ?? "";
    expect([error.code, error.hint]).toEqual(["INTEGRITY", expect.stringContaining(right)]);
    recipe(right);
    const { built } = await world.build(store, "x");
    expect(readFileSync(join(built[0]?.path ?? "", "a.txt"), "utf8")).toBe("a\n");
    expect((await fetchSources(store, request(world, "x")))[0]?.integrity).toBe(right);
  });

  it("with another content than the recipe says build nothing", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const server = await serve({ "/x.txt": "changed\n" });
    world.recipe(
      "x",
      `sources: [{url: '${server.url}/x.txt', integrity: ${integrityOf("as it was\n")}}]\nbuild: copy\n`,
    );
    const { error } = await world.failure(store, "x");
    expect(error.code).toBe("INTEGRITY");
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).toContain(integrityOf("changed\n"));
    expect(readdirSync(store.layout.builds)).toEqual([]);
  });
});

describe.runIf(hasSandbox)("checkBuilds", () => {
  it("finds that a second build gives the same, or which files differ", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const [same, different] = await checkBuilds(store, request(world, "selfish", "random"));
    expect(same).toMatchObject({ id: "selfish@1.0", same: true, differences: [] });
    expect(different).toMatchObject({ id: "random@1.0", same: false });
    expect(different?.differences).toEqual([{ path: "share/random", what: "changed" }]);
    // The second output is not kept.
    expect(readdirSync(store.layout.storeDir).length).toBe(2);
  });

  it("lets diffoscope say more, where it is installed", async () => {
    const world = makeBuildWorld({ memory: true });
    const tools = world.tree({
      diffoscope: { exec: '#!/bin/sh\nfor file; do :; done\necho "differs: $(basename $file)"\nexit 1\n' },
    });
    const store = await world.buildStore("s", { PATH: `${tools}:${process.env.PATH}` });
    world.recipe(
      "dice",
      `build: script\nphases:\n  install: |\n    mkdir $out; for n in {10..31}; do cat /proc/sys/kernel/random/uuid >$out/f$n; done; echo 1 >$out/same\n`,
    );
    const [one, many] = await checkBuilds(store, request(world, "random", "dice"));
    expect(one?.reports).toEqual([{ path: "share/random", text: "differs: random\n" }]);
    expect(many?.reports.map(({ text }) => text)).toEqual(
      Array.from({ length: 20 }, (_, at) => `differs: f${10 + at}\n`),
    );
    expect([one?.unreported, many?.unreported]).toEqual([0, 2]);
  });

  it("compares what is named by its derivation, too", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("random-by-key", "extends: random\naddressing: input\n");
    const checks = await checkBuilds(store, request(world, "packed-by-key", "random-by-key"));
    expect(checks.map(({ same, differences }) => [same, differences.length])).toEqual([
      [true, 0],
      [false, 1],
    ]);
  });
});

describe("whyRebuild", () => {
  it("names the input that changed, and the chain of what waits for it", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const states = async () =>
      (await whyRebuild(store, request(world, "greetings"))).map(({ id, state, differences, waitsFor }) => ({
        id,
        state,
        why: differences.map(({ member }) => member),
        waitsFor,
      }));
    expect((await states()).map(({ state }) => state)).toEqual(["missing", "open", "open"]);
    await world.build(store, "greetings");
    expect((await states()).map(({ state }) => state)).toEqual(["present", "present", "present"]);
    world.edit("liba/src/words", "hello", "howdy");
    expect(await states()).toEqual([
      { id: "liba@1.0", state: "missing", why: ["sources.src"], waitsFor: [] },
      { id: "libb@1.0", state: "open", why: [], waitsFor: ["liba@1.0"] },
      { id: "greetings@1.0", state: "open", why: [], waitsFor: ["libb@1.0"] },
    ]);
    await world.build(store, "liba");
    expect((await states())[1]).toEqual({ id: "libb@1.0", state: "missing", why: ["inputs.liba"], waitsFor: [] });
    world.edit("libb/recipe.yaml", "build: make", "build: make\nenv: {EXTRA: yes}");
    expect((await states())[1]?.why).toEqual(["env.EXTRA", "inputs.liba"]);
  });
});

describe("objectInfo", () => {
  it("tells everything about a build, and what the recipe says of the package", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe("x", `license: MIT\nmetadata: {tier: 1}\nbuild: script\nphases: {install: 'mkdir "$out"'}\n`);
    const { built } = await world.build(store, "x", { define: { ticket: "7" } });
    const [{ path, key }] = built as [BuiltPackage];
    expect(objectInfo(store, DEFAULT, { what: path, cwd: "/" })).toMatchObject({
      license: "MIT",
      metadata: { tier: "1", ticket: "7" },
      build: {
        key,
        seconds: expect.any(Number),
        phases: { install: expect.any(Number) },
        sandboxed: hasSandbox,
        host: { system: expect.any(String), cc: expect.anything() },
        log: expect.stringMatching(/\.log\.gz$/),
      },
    });
  });
});

describe("buildLogOf", () => {
  it("finds the log by path, by installed package and by name, and says when there is none", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    await install(store, { profile: DEFAULT, packages: [input(world, "confed")] });
    const { built } = await world.build(store, "confed");
    const [{ path, key }] = built as [BuiltPackage];
    for (const what of [path, "confed", "builder"]) {
      const log = buildLogOf(store, DEFAULT, { what, cwd: "/" });
      if (what !== "builder")
        expect([log.key, log.text.toString()]).toEqual([key, expect.stringContaining("make-greeting")]);
      expect(log.record?.key).toBe(log.key);
    }
    expect(await caughtAsync((async () => buildLogOf(store, DEFAULT, { what: "never", cwd: "/" }))())).toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

function input(world: BuildWorld, from: string) {
  const build = { recipes: [world.recipes], cwd: world.directory, jobs: 2 };
  return { from, cwd: world.directory, build };
}

function live(store: Store) {
  const { current } = readProfile(store, DEFAULT);
  return readGeneration(store, DEFAULT, current);
}

describe("installing from recipes", () => {
  it("is one transaction: when the fourth of four fails the profile is as it was", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    await install(store, { profile: DEFAULT, packages: [input(world, "tree")] });
    const before = live(store);
    const packages = ["greetings", "confed", "optional", "failing"].map((name) => input(world, name));
    const error = await caughtAsync(install(store, { profile: DEFAULT, packages }));
    expect(error).toMatchObject({ code: "BUILD_FAILED", message: expect.stringContaining("failing@1.0") });
    expect(live(store)).toEqual(before);
    expect(logRecords(store).at(-1)?.event.type).toBe("abort");
    // What was built stays: nothing but what failed is built now.
    world.edit("failing/src/broken.c", "undefined_here", "0");
    world.edit("failing/src/broken.c", "return value", "return value;");
    const started: string[] = [];
    const change = await install(
      store,
      { profile: DEFAULT, packages },
      {
        onEvent: (event) => {
          if (event.kind === "building" && event.event.kind === "started") started.push(event.event.id);
        },
      },
    );
    expect(started).toContain("failing@1.0 phase=build");
    expect(change.added.map(({ name }) => name)).toEqual(["confed", "failing", "greetings", "optional"]);
  });

  it("records the options, and an upgrade keeps them and takes the newer version", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.edit("optional/1.10.yaml", "metadata", "#");
    await install(store, { profile: DEFAULT, packages: [input(world, "optional+loud")] });
    const at = (path: string) => readFileSync(join(store.layout.profiles, "default/current", path), "utf8");
    expect(live(store).packages).toMatchObject([
      { name: "optional", version: "1.10", requested: "optional+loud", options: { loud: true, language: "en" } },
    ]);
    expect(at("share/greeting")).toBe("HELLO on linux. 1.10\n");
    const unchanged = await upgrade(store, { profile: DEFAULT, names: [], input: input(world, "") });
    expect(unchanged.changed).toBe(false);
    world.tree({ "1.11.yaml": "{}\n" }, join(world.recipes, "optional"));
    const change = await upgrade(store, { profile: DEFAULT, names: [], input: input(world, "") });
    expect(change.upgraded).toMatchObject([{ name: "optional", from: { version: "1.10" }, to: { version: "1.11" } }]);
    expect(at("share/greeting")).toBe("HELLO on linux. 1.11\n");
    expect(live(store).packages[0]?.options).toEqual({ loud: true, language: "en" });
  });
});

describe("build systems", () => {
  it.each(["cmake", "python", "meson"])("%s builds in the store's own world", async (name) => {
    const world = makeBuildWorld({ memory: true });
    const tool = { cmake: "cmake", python: "python3", meson: "meson" }[name] as string;
    if (!existsSync(`/usr/bin/${tool}`)) return void process.stderr.write(`SKIPPED: no ${tool} in /usr/bin\n`);
    if (name === "python" && !HAS_PIP)
      return void process.stderr.write("SKIPPED: no pip with setuptools and wheel in /usr/bin\n");
    const store = await world.buildStore();
    const { built, warnings } = await world.build(store, name, { check: name !== "python" });
    const { path } = built[0] as BuiltPackage;
    expect(warnings).toEqual([]);
    expect(readdirSync(join(path, "bin"))).toEqual(["greet"]);
    const said = execFileSync(join(path, "bin/greet"), { env: {}, encoding: "utf8" });
    expect(said).toBe(name === "cmake" ? "hello from cmake\n" : "hello\n");
  });

  it("python scripts find what they need without an environment, wherever the store is", async () => {
    if (!HAS_PIP) return void process.stderr.write("SKIPPED: no pip with setuptools and wheel in /usr/bin\n");
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    pythonPackage(world, { name: "polite", needs: "python", scripts: "", code: "from greet import main" });
    // What polite needs is no input of this build.
    const scripts = '[project.scripts]\nwelcome = "welcome:main"\n';
    pythonPackage(world, { name: "welcome", needs: "polite", scripts, code: "from polite import main" });
    const { built } = await world.build(store, "welcome");
    const { path } = built.at(-1) as BuiltPackage;
    const say = (script: string) => execFileSync(script, { env: {}, encoding: "utf8" });
    expect(say(join(path, "bin/welcome"))).toBe("hello\n");
    await install(store, { profile: DEFAULT, packages: [input(world, "welcome")] });
    expect(say(join(store.layout.profiles, "default/current/bin/welcome"))).toBe("hello\n");

    const other = await world.buildStore("elsewhere");
    const output = `${world.directory}/out/`;
    mkdirSync(output);
    const exported = await exportObjects(store, { what: [path], profile: DEFAULT, cwd: "/", output, closure: true });
    expect(exported).toHaveLength(3);
    const imported = await importObjects(other, { files: exported.map(({ file }) => file), cwd: "/" });
    const moved = imported.find(({ baseName }) => baseName.endsWith("-welcome-1"))?.path as string;
    const script = readFileSync(join(moved, "bin/welcome"), "utf8");
    expect([script.includes(other.layout.storeDir), script.includes(store.layout.storeDir)]).toEqual([true, false]);
    expect(say(join(moved, "bin/welcome"))).toBe("hello\n");
  });
});

/** Needs another one when it runs. */
function pythonPackage(
  world: BuildWorld,
  { name, needs, scripts, code }: { name: string; needs: string; scripts: string; code: string },
): void {
  world.recipe(
    name,
    `sources: [{path: pyproject.toml}, {path: code, to: ${name}}]\nbuild: python\ndependencies: {run: [${needs}]}\n`,
  );
  const project =
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n' +
    `[project]\nname = "${name}"\nversion = "1"\n${scripts}[tool.setuptools]\npackages = ["${name}"]\n`;
  world.tree({ "pyproject.toml": project, "code/__init__.py": `${code}\n` }, join(world.recipes, name));
}
