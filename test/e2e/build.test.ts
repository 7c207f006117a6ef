import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { canSandbox } from "../helpers/build-world.ts";
import { makeStoreWorld, PROGRAM, type StoreWorld } from "../helpers/run-store.ts";

const hasSandbox = await canSandbox();
const FIXTURES = fileURLToPath(new URL("../../fixtures/recipes-builds", import.meta.url));

/** Members of the objects that the commands print. */
interface Named {
  readonly name: string;
  readonly versions: readonly string[];
  readonly built: boolean;
  readonly state: string;
  readonly key: string;
  readonly text: string;
}

interface Recipes extends StoreWorld {
  readonly recipes: string;
  edit(path: string, from: string, to: string): void;
}

function makeRecipes(): Recipes {
  const world = makeStoreWorld();
  const recipes = join(world.directory, "recipes");
  cpSync(FIXTURES, recipes, { recursive: true });
  world.env.STORE_RECIPES = recipes;
  const edit: Recipes["edit"] = (path, from, to) => {
    const text = readFileSync(join(recipes, path), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(recipes, path), text.replaceAll(from, to));
  };
  return { ...world, recipes, edit };
}

describe("store recipe new", () => {
  it("names the URL of what is no release", () => {
    const world = makeRecipes();
    writeFileSync(join(world.directory, "plain"), "no archive\n");
    const { status, stderr } = world.run(["recipe", "new", `file://${world.directory}/plain`]);
    expect([status > 0, stderr.split("\n")[0]]).toEqual([
      true,
      `error: file://${world.directory}/plain is no tar archive: the end marker is missing`,
    ]);
  });
});

describe("store repro", () => {
  it("packs into a file of any name, which store build knows by its content", () => {
    const world = makeRecipes();
    const built = world.run(["build", "tree", "--json"]).json<readonly { readonly path: string }[]>();
    for (const name of ["packed", "r.tar.gz", "r.tgz"]) {
      expect(world.run(["repro", "tree", "-o", name]).status).toBe(0);
      const file = name === "packed" ? "./packed" : name;
      expect(world.run(["build", file, "--json"]).json(), name).toMatchObject([{ path: built[0]?.path, same: true }]);
    }
    execFileSync("tar", ["czf", "other.tar.gz", "recipes"], { cwd: world.directory });
    const { status, stderr } = world.run(["build", "other.tar.gz"]);
    expect([status > 0, stderr]).toEqual([
      true,
      expect.stringMatching(/is no packed build.*\n.*store add.*store install/),
    ]);
  });
});

describe("store build", () => {
  it("of a package whose phases build the same package is refused, instead of waiting for itself", () => {
    const world = makeRecipes();
    for (const name of ["itself", "other"]) mkdirSync(join(world.recipes, name));
    const build = (name: string) =>
      `STORE_ROOT=${world.root} ${process.execPath} ${PROGRAM} build --sandbox off --recipes ${world.recipes} ${name}`;
    const recipe = (name: string, phase: string) =>
      writeFileSync(
        join(world.recipes, name, "recipe.yaml"),
        `name: ${name}\nversion: 1\nbuild: script\nphases:\n  install: |\n    ${phase}\n    mkdir $out\n`,
      );
    recipe("itself", build("itself"));
    const direct = world.run(["build", "--sandbox", "off", "--timeout", "60", "itself"]);
    expect([direct.status, direct.stderr]).toEqual([
      1,
      expect.stringMatching(
        /cannot be done now: .*build.* itself.*holds the lock(?:.|\n)*take the call out of the phases of itself@1/,
      ),
    ]);
    recipe("itself", build("other"));
    recipe("other", build("itself"));
    const around = world.run(["build", "--sandbox", "off", "--timeout", "60", "itself"]);
    expect([around.status, around.stderr]).toEqual([1, expect.stringContaining("cannot be done now")]);
    recipe("other", "true");
    expect(world.run(["build", "--sandbox", "off", "--timeout", "60", "itself"]).status).toBe(0);
  });

  it.runIf(hasSandbox)("ends with 0 when debug information mentions /build, and says how to leave it out", () => {
    const world = makeRecipes();
    const recipe = join(world.directory, "mention");
    const text = "version: 1\nbuild: script\nphases:\n  install: mkdir $out; pwd > $out/where\n";
    cpSync(join(world.recipes, "tree"), recipe, { recursive: true });
    writeFileSync(join(recipe, "recipe.yaml"), `name: mention\n${text}`);
    const { status, stderr } = world.run(["build", "./mention"]);
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^note: mention@1 mentions .*\(\/build\) in where\. .*-g0/m),
    ]);
    writeFileSync(join(recipe, "recipe.yaml"), `name: mention\n${text}summary: again\nenv: {A: b}\n`);
    const json = world.run(["build", "--json", "./mention"]).stderr.split("\n");
    expect(json.map((line) => (line === "" ? "" : JSON.parse(line).build.kind))).toContain("note");
  });

  it("prints with --keep-going what was built beside what failed", () => {
    const world = makeRecipes();
    const failed = world.run(["build", "--keep-going", "tree", "failing"]);
    expect([failed.status, failed.stdout]).toEqual([1, expect.stringMatching(/^\S+-tree-1\.0\n$/)]);
    expect(failed.stderr).toContain("failing@1.0 phase=build failed in phase build");
    const json = world.run(["build", "--keep-going", "--json", "failing", "tree"]);
    expect([json.status, json.json<Named[]>()]).toEqual([1, [expect.objectContaining({ name: "tree", built: false })]]);
    expect(world.run(["build", "tree", "failing"]).stdout).toBe("");
  });

  it("prints the paths of what it built; what is there is reused", () => {
    const world = makeRecipes();
    const { stdout } = world.done("build", "-j2", "greetings");
    expect(stdout).toMatch(/^\S+\/[a-z2-7]{32}-greetings-1\.0\n$/);
    expect(execFileSync(join(stdout.trim(), "bin/greetings"), { encoding: "utf8" })).toBe("hello, world\n");
    const again = world.done("build", "--json", "greetings", "tree").json<Named[]>();
    expect(again.map(({ name, built }) => [name, built])).toEqual([
      ["greetings", false],
      ["tree", true],
    ]);
    expect(Object.keys(again[0] ?? {})).toEqual(
      expect.arrayContaining(["path", "name", "version", "options", "key", "built"]),
    );
    const reasons = world.done("why-rebuild", "--json", "greetings").json<Named[]>();
    expect(reasons.map(({ state }) => state)).toEqual(["present", "present", "present"]);
    const [derivation] = world.done("derivation", "--json", "greetings").json<Named[]>();
    expect(derivation?.key).toBe(again[0]?.key);
    expect(world.done("derivation", "greetings").stdout).toBe(`${derivation?.text}\n`);
    expect(world.done("log-of", "greetings").stdout).toContain("greetings.c");
    world.edit("liba/src/words", "hello", "howdy");
    expect(world.done("why-rebuild", "greetings").stdout).toMatch(/liba@1\.0.*sources/s);
    expect(
      world
        .done("build", "--dry-run", "--json", "greetings")
        .json<Named[]>()
        .map(({ state }) => state),
    ).toEqual(["missing", "open", "open"]);
  });

  it("ends with 1 when a build fails, with the reason on stderr and in JSON", () => {
    const world = makeRecipes();
    const failed = world.run(["build", "failing"]);
    expect([failed.status, failed.stdout]).toEqual([1, ""]);
    expect(failed.stderr).toMatch(/failing@1\.0.* failed in phase build: `cc -c broken\.c` ended with exit status 1/);
    expect(failed.stderr).toMatch(/whole log: .*\.log\.gz/);
    const json = world.run(["build", "--json", "failing"]).stderr.trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(json)).toMatchObject({
      error: { code: "BUILD_FAILED", details: { phase: "build", exitCode: 1 } },
    });
    expect(world.run(["log-of", "failing"]).stdout).toMatch(/^building\n/);
    expect(world.run(["debug", "failing"]).stderr).toMatch(/--keep-failed/);
    expect(world.run(["build", "greetingz"]).stderr).toMatch(/Did you mean 'greetings'/);
    expect(world.run(["log-of", "tree"]).status).toBe(1);
  });

  it("compares a second build with --check", () => {
    const world = makeRecipes();
    expect(world.run(["build", "--check", "tree"]).status).toBe(0);
    const different = world.run(["build", "--check", "--json", "random"]);
    expect(different.status).toBe(1);
    expect(different.json<Named[]>()[0]).toMatchObject({
      same: false,
      differences: [{ path: "share/random", what: "changed" }],
    });
  });

  it("takes a path to a recipe", () => {
    const world = makeRecipes();
    const { stdout } = world.run(["build", "./recipes/tree"], { env: { STORE_RECIPES: "" } });
    expect(existsSync(join(stdout.trim(), "share/leaf"))).toBe(true);
  });
});

describe("store install", () => {
  it("builds first; a failure changes nothing", () => {
    const world = makeRecipes();
    world.done("install", "tree", "optional+loud");
    const listed = world.done("list", "--json").stdout;
    const failed = world.run(["install", "greetings", "failing"]);
    expect(failed.status).toBe(1);
    expect(world.done("list", "--json").stdout).toBe(listed);
    expect(readdirSync(join(world.root, "profiles/default")).filter((name) => /^gen-\d+$/.test(name))).toEqual([
      "gen-0",
      "gen-1",
    ]);
    expect(world.done("list").stdout).toMatch(/optional/);
  });
});

describe("store recipe", () => {
  it("checks, shows and lists", () => {
    const world = makeRecipes();
    expect(
      world
        .done("recipe", "list", "--json")
        .json<Named[]>()
        .find(({ name }) => name === "optional")?.versions,
    ).toEqual(["1.10", "1.9"]);
    expect(world.done("recipe", "show", "optional+loud", "--json").json()).toMatchObject({ options: { loud: true } });
    expect(world.done("recipe", "check", world.recipes).stdout).toBe("");
    world.edit("tree/recipe.yaml", "sources:", "sorces:");
    const wrong = world.run(["recipe", "check", world.recipes]);
    expect(wrong.status).toBe(2);
    expect(wrong.stdout).toMatch(/tree\/recipe\.yaml:5:1.*sorces.*sources/s);
  });
});

describe("store fetch", () => {
  it("has nothing to do for what lies beside the recipes", () => {
    expect(makeRecipes().done("fetch", "--json", "greetings").json()).toEqual([]);
  });
});
