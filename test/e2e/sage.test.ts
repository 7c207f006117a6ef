import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needPrograms } from "../helpers/archives.ts";
import { makeStoreWorld, type StoreWorld } from "../helpers/run-store.ts";
import { FIXTURES, makeSageTrees } from "../helpers/sage-trees.ts";

interface SageWorld extends StoreWorld {
  readonly sage: string;
  readonly overlay: string;
  /** `--recipes` for the tree. */
  readonly recipes: readonly [string, string];
}

function makeSageWorld(): SageWorld {
  const world = makeStoreWorld();
  const trees = makeSageTrees(world.directory);
  return { ...world, sage: trees.tree, overlay: trees.overlay, recipes: ["--recipes", `sage:${trees.tree}`] };
}

interface Listed {
  readonly name: string;
  readonly versions: readonly string[];
  readonly kind?: string;
  readonly type?: string;
  readonly buildable?: boolean;
  readonly reason?: string;
  readonly findings: readonly string[];
}

interface Report {
  readonly packages: number;
  readonly buildable: number;
  readonly kinds: Readonly<Record<string, { readonly packages: number; readonly buildable: number }>>;
  readonly reasons: readonly { readonly reason: string; readonly packages: readonly string[] }[];
}

describe("store recipe list", () => {
  it("tells of every package of a tree its kind, and why it cannot be built", () => {
    const world = makeSageWorld();
    const listed = world.done("recipe", "list", ...world.recipes, "--json").json<Listed[]>();
    expect(listed.map(({ name }) => name)).toEqual(readdirSync(join(world.sage, "build/pkgs")).sort());
    for (const { name, kind, type, buildable, reason } of listed) {
      expect([name, kind, type]).toEqual([
        name,
        expect.stringMatching(/^(?:normal|wheel|pip|script|none)$/),
        expect.stringMatching(/^(?:base|standard|optional|experimental)$/),
      ]);
      expect([name, buildable, typeof reason]).toEqual([name, buildable, buildable ? "undefined" : "string"]);
    }
    const lines = world.done("recipe", "list", ...world.recipes).stdout.split("\n");
    expect(lines.find((line) => line.startsWith("calc "))).toMatch(/^calc +1\.0\.p2 +normal$/);
    expect(lines.find((line) => line.startsWith("webbed "))).toMatch(/^webbed +\S+ +pip +is fetched by pip/);
  });

  it("reports by kind and by reason, with every package in it", () => {
    const world = makeSageWorld();
    const report = world.done("recipe", "list", ...world.recipes, "--report", "--json").json<Report>();
    const count = readdirSync(join(world.sage, "build/pkgs")).length;
    expect(report.packages).toBe(count);
    expect(Object.values(report.kinds).reduce((sum, { packages }) => sum + packages, 0)).toBe(count);
    expect(report.reasons.flatMap(({ packages }) => packages)).toHaveLength(count - report.buildable);
    const { stdout } = world.done("recipe", "list", ...world.recipes, "--report");
    expect(stdout).toMatch(/^11 of 18 packages can be built here\n/);
    expect(stdout).toMatch(/^normal +8 +5$/m);
    expect(stdout).toMatch(/^1 × only stands for packages of the system.*:\n {2}systemwide$/m);
  });

  it("counts packages with mistakes among those that cannot be built", () => {
    const world = makeSageWorld();
    const wrong = ["--recipes", `sage:${join(FIXTURES, "wrong")}`];
    const report = world.done("recipe", "list", ...wrong, "--report", "--json").json<Report>();
    expect(report).toMatchObject({ packages: 4, buildable: 0 });
    expect(report.reasons).toContainEqual({
      reason: "has files with mistakes",
      packages: ["mistyped", "untyped", "versionless"],
    });
    const listed = world.done("recipe", "list", ...wrong, "--json").json<Listed[]>();
    expect(listed.find(({ name }) => name === "untyped")).toMatchObject({
      buildable: false,
      reason: "has files with mistakes",
      findings: [expect.stringContaining("the package has no file 'type'")],
    });
    expect(world.run(["recipe", "list", ...wrong]).status).toBe(0);
  });

  it("has a report of Sage trees alone", () => {
    const world = makeSageWorld();
    const refused = world.run(["recipe", "list", "--report", "--recipes", world.directory]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/no Sage tree.*sage:DIR/s);
  });

  it("takes trees and directories from STORE_RECIPES", () => {
    const world = makeSageWorld();
    const own = world.tree({ "calc/recipe.yaml": "name: calc\nversion: '9'\nbuild: copy\n" });
    const version = (places: string): string | undefined =>
      world
        .run(["recipe", "list", "--json"], { env: { STORE_RECIPES: places } })
        .json<Listed[]>()
        .find(({ name }) => name === "calc")?.versions[0];
    expect(version(`sage:${world.sage}:${own}`)).toBe("1.0.p2");
    expect(version(`${own}:sage:${world.sage}`)).toBe("9");
    expect(version(`sage:${world.overlay}:sage:${world.sage}`)).toBe("1.1");
  });

  it("looks for tarballs on mirrors", () => {
    const world = makeSageWorld();
    const lonely = (args: readonly string[], env = {}) =>
      world
        .run(["recipe", "list", ...world.recipes, "--json", ...args], { env })
        .json<Listed[]>()
        .find(({ name }) => name === "lonely")?.buildable;
    writeFileSync(join(world.directory, "lonely-1.0.tar.gz"), "");
    expect(lonely([])).toBe(false);
    expect(lonely(["--sage-mirror", "."])).toBe(true);
    const wrong = world.run(["recipe", "list", ...world.recipes, "--sage-mirror", "nodir"]);
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("nodir of --sage-mirror is neither")]);
    expect(lonely([], { STORE_SAGE_MIRRORS: `/nowhere ${world.directory}` })).toBe(true);
  });
});

describe("store build --strict", () => {
  it("lets order-only dependencies count", () => {
    needPrograms("cc", "make", "tar", "patch");
    const world = makeSageWorld();
    const built = (...args: readonly string[]): string[] => {
      const lines = world.run(["build", ...world.recipes, ...args, "tool"]).stderr;
      return [...lines.matchAll(/^built ([^@]*)@/gm)].map(([, name = ""]) => name).sort();
    };
    const derivation = (...args: readonly string[]): string =>
      world.done("derivation", ...world.recipes, ...args, "tool").stdout;
    expect(built()).toEqual(["base", "calc", "notes", "tool"]);
    expect(derivation()).not.toContain("-notes-");
    expect(derivation("--strict")).toContain("-notes-");
    expect(built("--strict")).toEqual(["tool"]);
    const script = join(world.sage, "build/pkgs/notes/spkg-install.in");
    writeFileSync(script, `${readFileSync(script, "utf8")}sdh_install src/words.txt "$SAGE_LOCAL/share/more"\n`);
    expect(built()).toEqual(["notes"]);
    expect(built("--strict")).toEqual(["tool"]);
  });
});
