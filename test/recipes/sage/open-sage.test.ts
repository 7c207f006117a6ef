import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { StoreError } from "../../../src/errors.ts";
import type { SageListing } from "../../../src/model/sage/package.ts";
import { reportOn } from "../../../src/model/sage/report.ts";
import { openRecipes, type RecipeCollection } from "../../../src/recipes/open-recipes.ts";
import { caught } from "../../helpers/caught.ts";
import { FIXTURES, makeSageTrees, type SageTrees } from "../../helpers/sage-trees.ts";
import { makeWorld, type World } from "../../helpers/worlds.ts";

let world: World;
let trees: SageTrees;
let recipes: RecipeCollection;

beforeEach(() => {
  world = makeWorld();
  trees = makeSageTrees(world.directory);
  recipes = openRecipes([`sage:${trees.tree}`]);
});

function sage(name: string, from = recipes): SageListing | undefined {
  return listings(from).find((listing) => listing.name === name);
}

/** Of the packages of a tree whose files have no mistakes. */
function listings(from: RecipeCollection): SageListing[] {
  return from.list().flatMap(({ sage: described }) => (typeof described === "object" ? described : []));
}

function namesOf(dependencies: readonly { readonly name: string }[]): string[] {
  return dependencies.map(({ name }) => name);
}

describe("what a tree has", () => {
  test("kinds, and whether each can be built here", () => {
    const told = Object.fromEntries(
      listings(recipes).map(({ name, kind, buildable }) => [name, `${kind}${buildable ? "" : " -"}`]),
    );
    expect(told).toEqual({
      base: "normal",
      calc: "normal",
      follower: "normal -",
      judge: "script",
      loader: "script -",
      lonely: "normal -",
      notes: "normal",
      notes_alias: "script",
      ownsources: "script -",
      pip: "script",
      python3: "script",
      shout: "wheel",
      sums: "normal",
      systemwide: "none -",
      tool: "normal",
      weakly: "normal -",
      webbed: "pip -",
      wheelwright: "script",
    });
  });

  test("each that cannot be built has a plain reason", () => {
    expect(sage("follower")?.reason).toMatch(/^needs lonely, which has no known place for its tarball/);
    expect(sage("lonely")).toMatchObject({ tarball: "lonely-1.0.tar.gz", type: "optional" });
    expect(sage("weakly")?.reason).toContain("neither a SHA-256 nor a SHA-1");
    expect(sage("webbed")?.reason).toContain("fetched by pip");
    expect(sage("systemwide")?.reason).toContain("packages of the system");
    expect(sage("loader")?.reason).toContain("network");
    expect(sage("ownsources")?.reason).toContain("sources of Sage itself");
    expect(caught(() => recipes.find("follower"))).toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("it needs lonely, which has no known place"),
    });
  });

  test("the report counts them", () => {
    const report = reportOn(listings(recipes));
    expect(report).toMatchObject({
      packages: 18,
      buildable: 11,
      kinds: {
        normal: { packages: 8, buildable: 5 },
        wheel: { packages: 1, buildable: 1 },
        none: { packages: 1, buildable: 0 },
      },
    });
    expect(report.reasons.flatMap(({ packages }) => packages)).toHaveLength(7);
  });

  test("a version is that of another package when its file is a link to that", () => {
    expect(sage("notes_alias")?.version).toBe("2.0");
    const other = join(world.directory, "other");
    mkdirSync(join(other, "build/pkgs/notes"), { recursive: true });
    writeFileSync(join(other, "build/pkgs/notes/package-version.txt"), "2.1\n");
    expect(sage("notes_alias", openRecipes([`sage:${other}`, `sage:${trees.tree}`]))?.version).toBe("2.1");
  });

  test("compilers come from the machine when it has them", () => {
    writeFileSync(join(trees.tree, "build/pkgs/base/dependencies"), "gfortran\n");
    const withTool = openRecipes([`sage:${trees.tree}`], { sage: { hasTool: (name) => name === "gfortran" } });
    expect(sage("base", withTool)?.buildable).toBe(true);
    expect(withTool.find("base").recipe.dependencies.link).toEqual([]);
    const without = openRecipes([`sage:${trees.tree}`], { sage: { hasTool: () => false } });
    expect(sage("base", without)?.reason).toBe("needs gfortran, which is not in the tree");
    expect(sage("calc", without)?.reason).toBe("needs gfortran, which is not in the tree");
  });
});

describe("a package as a recipe", () => {
  test("dependencies by kind, order-only ones out of the key", () => {
    const { link, build } = recipes.find("tool").recipe.dependencies;
    expect(namesOf(link)).toEqual(["calc"]);
    expect(build).toMatchObject([
      { name: "notes", orderOnly: true },
      { name: "judge", orderOnly: true, when: { text: "options.check" } },
    ]);
  });

  test("a version that is none is told as it stands", () => {
    const file = join(trees.tree, "build/pkgs/base/package-version.txt");
    const fault = (text: string) => {
      writeFileSync(file, text);
      return openRecipes([`sage:${trees.tree}`])
        .check()
        .find((finding) => finding.file === file)?.message;
    };
    expect(fault("1.0 beta/2\n")).toMatch(/^'1.0 beta\/2' is no version: it must be/);
    expect(fault("\n")).toBe("the file holds no version");
  });

  test("strict, they count as all the others", () => {
    const strict = openRecipes([`sage:${trees.tree}`], { sage: { strict: true } });
    const { link, build } = strict.find("tool").recipe.dependencies;
    expect(namesOf(link)).toEqual(["calc", "notes"]);
    expect(namesOf(build)).toEqual(["judge"]);
    expect(build[0]?.orderOnly).toBeUndefined();
  });

  test("Python counts for packages of its environment alone", () => {
    expect(namesOf(recipes.find("sums").recipe.dependencies.link)).toEqual(["python3"]);
    writeFileSync(join(trees.tree, "build/pkgs/notes/dependencies"), "| $(PYTHON)\n");
    const again = openRecipes([`sage:${trees.tree}`]);
    expect(namesOf(again.find("notes").recipe.dependencies.link)).toEqual([]);
    writeFileSync(join(trees.tree, "build/pkgs/notes/trees.txt"), "SAGE_VENV # not SAGE_LOCAL\n");
    expect(namesOf(openRecipes([`sage:${trees.tree}`]).find("notes").recipe.dependencies.link)).toEqual(["python3"]);
  });

  test("its tarball, its own files and the helpers that its scripts mention", () => {
    const { recipe, files } = recipes.find("tool");
    expect(recipe.sources[0]).toMatchObject({
      kind: "fetched",
      integrity: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect([...files.keys()].sort()).toEqual([
      "build/bin/sage-dist-helpers",
      "build/bin/sage-shout",
      "tool/package-version.txt",
      "tool/patches",
      "tool/spkg-build.in",
      "tool/spkg-check.in",
      "tool/spkg-install.in",
      "tool/spkg-postinst.in",
      "tool/spkg-preinst.in",
    ]);
  });

  test("a tarball can lie beside the tree, on mirrors, and where it was made", () => {
    const urlsOf = (from: RecipeCollection, name: string): string[] => {
      const [source] = from.find(name).recipe.sources;
      return source?.kind === "fetched" ? source.urls.map(({ text }) => text) : [];
    };
    expect(urlsOf(recipes, "base")).toEqual([`file://${trees.tree}/upstream/base-1.0.tar.gz`]);
    const near = join(world.directory, "near");
    mkdirSync(join(near, "lonely"), { recursive: true });
    writeFileSync(join(near, "lonely/lonely-1.0.tar.gz"), "");
    const mirrored = openRecipes([`sage:${trees.tree}`], {
      sage: { mirrors: [near, "https://mirror.example.org/up/"] },
    });
    expect(urlsOf(mirrored, "lonely")).toEqual([
      `file://${near}/lonely/lonely-1.0.tar.gz`,
      "https://mirror.example.org/up/lonely-1.0.tar.gz",
      "https://mirror.example.org/up/lonely/lonely-1.0.tar.gz",
    ]);
    expect(urlsOf(mirrored, "follower").slice(-2)).toEqual([
      "https://example.org/1.0/follower-1.0.tar.gz",
      "https://mirror.example.org/follower-1.0.tar.gz",
    ]);
  });

  test("where a tarball was looked for in vain is told as it is", () => {
    const place = (mirrors: readonly string[], name = "lonely") => {
      const error = caught(() => openRecipes([`sage:${trees.tree}`], { sage: { mirrors } }).find(name));
      return [(error as StoreError).message, (error as StoreError).hint];
    };
    expect(place([])[0]).toContain("it is not in upstream/, and there is neither an upstream_url nor a mirror");
    expect(place([world.directory])[0]).toContain("neither in upstream/ nor on a mirror, and there is no upstream_url");
    expect(place(["/nowhere"])[0]).toContain("nor on a mirror (/nowhere is no directory), and there");
    expect(place([])[1]).toContain("The tarball of lonely is lonely-1.0.tar.gz.");
    // What needs it tells of the same one, and not of its own, which is there.
    expect(place([], "follower")[0]).toContain("needs lonely, which has no known place for its tarball");
    expect(place([], "follower")[1]).toContain("The tarball of lonely is lonely-1.0.tar.gz.");
  });
});

describe("several collections", () => {
  test("an overlay hides file by file", () => {
    const both = openRecipes([`sage:${trees.overlay}`, `sage:${trees.tree}`]);
    expect(both.find("calc").recipe).toMatchObject({ version: "1.1", options: [] });
    expect(both.find("calc").files.get("calc/spkg-install.in")).toBe(`${trees.tree}/build/pkgs/calc/spkg-install.in`);
    expect(openRecipes([`sage:${trees.tree}`, `sage:${trees.overlay}`]).find("calc").recipe.version).toBe("1.0.p2");
    expect(caught(() => both.find("calc", [[{ operator: "==", version: "1.0.p2" }]] as never))).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("of a recipe and a package of one name the earlier entry counts", () => {
    const directory = world.tree({
      "base/recipe.yaml":
        "name: base\nversion: '9'\nbuild: script\nphases: {install: 'true'}\ndependencies: {link: [notes]}\n",
    });
    const first = openRecipes([directory, `sage:${trees.tree}`]);
    expect(first.find("base").recipe.version).toBe("9");
    expect(first.check()).toEqual([]);
    expect(first.list().filter(({ name }) => name === "base")).toHaveLength(1);
    expect(openRecipes([`sage:${trees.tree}`, directory]).find("base").recipe.version).toBe("1.0");
    expect(first.names()).toEqual(recipes.names());
  });

  test("a link among the packages that leads nowhere is none", () => {
    symlinkSync("/nowhere", join(trees.tree, "build/pkgs/nowhere"));
    expect(openRecipes([`sage:${trees.tree}`]).names()).toEqual(recipes.names());
  });

  test("a directory that is no tree is refused", () => {
    expect(caught(() => openRecipes([`sage:${world.directory}`]))).toMatchObject({ code: "NOT_FOUND" });
    expect(caught(() => recipes.find("bass"))).toMatchObject({ code: "NOT_FOUND", hint: "Did you mean 'base'?" });
  });
});

describe("mistakes", () => {
  test("a good tree has none", () => {
    expect(recipes.check()).toEqual([]);
  });

  test("each is told with its file", () => {
    const wrong = openRecipes([`sage:${join(FIXTURES, "wrong")}`]);
    const told = wrong
      .check()
      .map(({ file, message, suggestion }) => [file.replace(/.*pkgs\//, ""), message, suggestion]);
    expect(told).toEqual([
      ["dangling/dependencies", "there is no package 'nowhere' in the Sage trees", undefined],
      [
        "mistyped/type",
        "'standrad' is no type of a package: it must be base, standard, optional, experimental",
        "standard",
      ],
      ["untyped/type", "the package has no file 'type'", undefined],
      ["versionless/package-version.txt", "the file holds no version", undefined],
    ]);
    expect(caught(() => wrong.find("mistyped"))).toMatchObject({ code: "INVALID_RECIPE" });
    expect(sage("dangling", wrong)?.reason).toBe("needs mistyped, which has files with mistakes");
  });

  test("a checksums.ini that names no tarball is a reason, too", () => {
    writeFileSync(join(trees.tree, "build/pkgs/weakly/checksums.ini"), "# nothing\n");
    expect(sage("weakly", openRecipes([`sage:${trees.tree}`]))?.reason).toBe("has a checksums.ini without a tarball");
  });
});
