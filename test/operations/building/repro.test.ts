import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { derivationKey } from "../../../src/model/derivation.ts";
import { parseRepro, printRepro } from "../../../src/model/repro.ts";
import { type BuildRequest, build } from "../../../src/operations/building/build.ts";
import { buildRepro } from "../../../src/operations/building/build-repro.ts";
import { packRepro } from "../../../src/operations/building/pack-repro.ts";
import { add } from "../../../src/operations/packages/add.ts";
import { listObjects } from "../../../src/store/manifests.ts";
import { type BuildWorld, canSandbox, makeBuildWorld } from "../../helpers/build-world.ts";
import { caughtAsync } from "../../helpers/caught.ts";

const hasSandbox = await canSandbox();

const settings = (world: BuildWorld): Omit<BuildRequest, "specs"> => ({
  recipes: [world.recipes],
  cwd: world.directory,
  jobs: 2,
});

/** What another machine has: no recipes, no network. */
const elsewhere = (world: BuildWorld, file: string) => ({ recipes: [], cwd: world.directory, offline: true, file });

describe("a packed build", () => {
  it.skipIf(!hasSandbox)("comes out the same in another store, with its inputs and patches", async () => {
    const world = makeBuildWorld({ memory: true });
    const [here, there] = [await world.buildStore("here"), await world.buildStore("far/away/there")];
    const { built } = await world.build(here, ["greetings", "optional+loud"]);
    const packed = await packRepro(here, { ...settings(world), spec: "greetings", output: "g.repro.tar.gz" });
    expect(packed).toMatchObject({
      id: "greetings@1.0",
      key: built[0]?.key,
      file: join(world.directory, "g.repro.tar.gz"),
    });
    const again = await buildRepro(there, elsewhere(world, packed.file));
    expect(again).toMatchObject({ built: true, same: true, hostDifferences: [], key: built[0]?.key });
    expect(again.baseName).toBe(built[0]?.baseName);
    expect(execFileSync(join(again.path, "bin/greetings"), { encoding: "utf8" })).toBe("hello, world\n");
    expect(
      listObjects(there)
        .map((name) => name.slice(33))
        .sort(),
    ).toEqual(["greetings-1.0", "liba-1.0", "libb-1.0"]);
    expect(await buildRepro(there, elsewhere(world, packed.file))).toMatchObject({ built: false, same: true });
    const { file } = await packRepro(here, { ...settings(world), spec: "optional+loud" });
    expect(await buildRepro(there, { ...elsewhere(world, file), sandbox: "off" })).toMatchObject({ same: true });
    const intoDirectory = packRepro(here, { ...settings(world), spec: "optional+loud", output: "." });
    expect(await caughtAsync(intoDirectory)).toMatchObject({ code: "INVALID_INPUT" });
    execFileSync("mkfifo", [join(world.directory, "pipe")]);
    const intoPipe = packRepro(here, { ...settings(world), spec: "optional+loud", output: "pipe" });
    const { length } = await readFile(join(world.directory, "pipe"));
    expect((await intoPipe).size).toBe(length);
  });

  it("is no package: to add it tells how to carry it out", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore("here");
    const { file } = await packRepro(store, { ...settings(world), spec: "liba", output: "any-1.tar.gz" });
    const before = listObjects(store);
    expect(await caughtAsync(add(store, { from: file, cwd: "/" }))).toMatchObject({
      code: "INVALID_INPUT",
      message: `${file} is a build of liba@1.0 that \`store repro\` packed`,
      hint: expect.stringContaining(`store build ${file}`),
    });
    expect([listObjects(store), readdirSync(join(store.layout.root, "tmp"))]).toEqual([before, []]);
    mkdirSync(join(world.directory, "own-1/sub"), { recursive: true });
    writeFileSync(join(world.directory, "own-1/repro.json"), '{"format": 1, "id": "liba@1.0"}');
    execFileSync("tar", ["czf", "own-1.tar.gz", "own-1"], { cwd: world.directory });
    expect(await add(store, { from: "own-1.tar.gz", cwd: world.directory })).toMatchObject({ files: 1 });
  });

  it("can be one that failed, and fails the same", async () => {
    const world = makeBuildWorld({ memory: true });
    const [here, there] = [await world.buildStore("here"), await world.buildStore("there")];
    await world.failure(here, "failing");
    const { file } = await packRepro(here, { ...settings(world), spec: "failing" });
    const names = execFileSync("tar", ["tzf", file], { encoding: "utf8" }).split("\n");
    expect(names).toEqual(expect.arrayContaining(["build.log.gz", "repro.json", "source/src/broken.c"]));
    expect(await caughtAsync(buildRepro(there, elsewhere(world, file)))).toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringMatching(/^failing@1\.0.* failed in phase build: `cc -c broken\.c`/),
    });
  });

  it("needs its inputs to be built", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const error = await caughtAsync(packRepro(store, { ...settings(world), spec: "libb" }));
    expect(error).toMatchObject({ code: "NOT_FOUND", details: { waitsFor: ["liba@1.0"] } });
    expect(readdirSync(world.directory).filter((name) => name.endsWith(".gz"))).toEqual([]);
  });

  it.skipIf(!hasSandbox)(
    "takes along the builds of inputs that cannot be moved, directly and further down",
    async () => {
      const world = makeBuildWorld({ memory: true });
      const [here, there] = [await world.buildStore("here"), await world.buildStore("far/away/there")];
      world.recipe(
        "fixed",
        `addressing: input\nbuild: script\nphases:\n  install: mkdir "$out"; echo fixed > "$out/fixed"\n`,
      );
      const second = 'mkdir "$out"; cat "{{deps.fixed}}/fixed" > "$out/second"; echo "{{deps.fixed}}" >> "$out/second"';
      world.recipe(
        "second",
        `addressing: input\nbuild: script\ndependencies: {build: [fixed], run: [fixed]}\nphases:\n  install: ${second}\n`,
      );
      world.recipe(
        "user",
        `build: script\ndependencies: {build: [second]}\nphases:\n  install: mkdir "$out"; head -n 1 "{{deps.second}}/second" > "$out/user"\n`,
      );
      const { built } = await world.build(here, "user");
      const { file } = await packRepro(here, { ...settings(world), spec: "user" });
      const again = await buildRepro(there, elsewhere(world, file));
      expect(again).toMatchObject({ built: true, baseName: built[0]?.baseName });
      expect(readFileSync(join(again.path, "user"), "utf8")).toBe("fixed\n");
      const names = listObjects(there).map((name) => name.slice(33));
      expect(names.sort()).toEqual(["fixed-1", "second-1", "user-1"]);
      const named = (name: string) => listObjects(there).find((object) => object.endsWith(`-${name}-1`)) ?? "";
      const [, inside = ""] = readFileSync(join(there.layout.storeDir, named("second"), "second"), "utf8").split("\n");
      expect(inside).toBe(join(there.layout.storeDir, named("fixed")));
      expect(await buildRepro(there, elsewhere(world, file))).toMatchObject({ built: false });

      // As if it had been packed where such inputs have other names.
      const tree = join(world.directory, "unpacked");
      mkdirSync(tree);
      execFileSync("tar", ["xzf", file, "-C", tree]);
      expect(readdirSync(join(tree, "needs"))).toEqual(["0", "1"]);
      expect(readdirSync(join(tree, "needs/1"))).not.toContain("needs");
      const packedName = JSON.parse(readFileSync(join(tree, "needs/0/repro.json"), "utf8")).output;
      for (const path of ["repro.json", "needs/0/repro.json", "needs/1/repro.json"]) {
        const text = readFileSync(join(tree, path), "utf8");
        const other = JSON.parse(text.replaceAll(packedName, `${"a".repeat(32)}-fixed-1`));
        writeFileSync(join(tree, path), JSON.stringify({ ...other, key: derivationKey(other.derivation) }));
      }
      execFileSync("tar", ["czf", file, "-C", tree, "."]);
      const third = await world.buildStore("third");
      const renamed = await buildRepro(third, elsewhere(world, file));
      expect(renamed).toMatchObject({ built: true, expected: null, same: null, baseName: again.baseName });
      expect(listObjects(third).filter((object) => object.startsWith("a".repeat(32)))).toEqual([]);
    },
  );

  it("is refused when a source is not what it says, or when it is none", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { file } = await packRepro(store, { ...settings(world), spec: "tree" });
    const tree = join(world.directory, "unpacked");
    mkdirSync(tree);
    execFileSync("tar", ["xzf", file, "-C", tree]);
    const text = readFileSync(join(tree, "repro.json"), "utf8");
    const packAgain = () => execFileSync("tar", ["czf", file, "-C", tree, "."]);
    writeFileSync(join(tree, "source/data/more"), "");
    packAgain();
    expect(await caughtAsync(buildRepro(store, elsewhere(world, file)))).toMatchObject({ code: "INTEGRITY" });
    writeFileSync(join(tree, "repro.json"), text.replace('"width": 48', '"width": 80'));
    packAgain();
    expect(await caughtAsync(buildRepro(store, elsewhere(world, file)))).toMatchObject({ code: "UNSUPPORTED" });
    writeFileSync(join(tree, "repro.json"), "{}");
    packAgain();
    expect(await caughtAsync(buildRepro(store, elsewhere(world, file)))).toMatchObject({ code: "INVALID_INPUT" });
    expect(listObjects(store)).toEqual([]);
  });

  it("tells in what the tools of this machine differ", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    await build(store, { ...settings(world), specs: ["tree"] });
    const { file } = await packRepro(store, { ...settings(world), spec: "tree" });
    const tree = join(world.directory, "unpacked");
    mkdirSync(tree);
    execFileSync("tar", ["xzf", file, "-C", tree]);
    const repro = parseRepro(readFileSync(join(tree, "repro.json"), "utf8"), file);
    const derivation = { ...repro.derivation, host: { ...(repro.derivation.host as object), libc: "glibc 1" } };
    const key = derivationKey(derivation);
    writeFileSync(join(tree, "repro.json"), printRepro({ ...repro, derivation, key }));
    execFileSync("tar", ["czf", file, "-C", tree, "."]);
    const { hostDifferences, same } = await buildRepro(store, elsewhere(world, file));
    expect(same).toBe(true);
    expect(hostDifferences).toEqual([
      { member: "host.libc", before: "glibc 1", after: (repro.derivation.host as { libc: string }).libc },
    ]);
  });
});
