import { describe, expect, it } from "vitest";
import type { BuiltPackage } from "../../src/operations/building/build.ts";
import { readManifest } from "../../src/store/manifests.ts";
import { canSandbox, makeBuildWorld } from "../helpers/build-world.ts";

const hasSandbox = await canSandbox();

function installing(text: string): string {
  return `build: script\nphases:\n  install: |\n    mkdir -p "$out/share"\n${text.replace(/^/gm, "    ")}\n`;
}

describe("references", () => {
  it("are what the output mentions, not what it was built with", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    const { built } = await world.build(store, ["reader", "liba", "greetings", "libb"]);
    const [reader, liba, greetings, libb] = built as [BuiltPackage, BuiltPackage, BuiltPackage, BuiltPackage];
    expect(readManifest(store, reader.baseName).references).toEqual([liba.baseName]);
    expect(readManifest(store, greetings.baseName).references).toEqual([liba.baseName, libb.baseName].sort());
  });

  it("to a disallowed package fail, with the file and the text around", async () => {
    const world = makeBuildWorld({ memory: true });
    const { error } = await world.failure(await world.buildStore(), "reader+keep");
    expect(error.code).toBe("BUILD_FAILED");
    expect(error.message).toMatch(
      /^reader@1\.0\+keep mentions builder, which its recipe's references: disallow forbids\n {2}share\/made-by: .*made by .*-builder-1\.0/,
    );
    expect(error.details).toMatchObject({ file: "share/made-by" });
  });

  it("to a package that is not allowed fail, also when a link makes them", async () => {
    const world = makeBuildWorld({ memory: true });
    const store = await world.buildStore();
    world.recipe(
      "strict",
      `dependencies: {link: [liba, tree]}\nreferences: {allow: [tree]}\n${installing('ln -s "$dep_liba/lib" "$out/share/lib"; echo $dep_tree > "$out/share/tree"')}`,
    );
    const { error } = await world.failure(store, "strict");
    expect(error.message).toMatch(
      /mentions liba, which its recipe's references: allow does not list\n {2}share\/lib: .*-liba-1\.0\/lib/,
    );
    world.edit("strict/recipe.yaml", "allow: [tree]", "allow: [tree, liba]");
    expect((await world.build(store, "strict")).built.length).toBe(1);
  });
});

describe("a mention", () => {
  it.runIf(hasSandbox)(
    "is noted of the build directory in files and links, and of nothing that only looks alike",
    async () => {
      const world = makeBuildWorld({ memory: true });
      const recipe = installing(
        [
          'cd "$out/share"',
          "echo /build > bare; echo 'dir=/build/x' > below; ln -s /build/y link",
          "echo ./src/build/x > other1; echo /buildings > other2; echo /usr/build > other3; echo x/build/y > other4",
        ].join("\n"),
      );
      world.recipe("mentions", recipe);
      const { warnings, notes } = await world.build(await world.buildStore(), "mentions");
      expect([notes.length, warnings]).toEqual([1, []]);
      expect(notes[0]).toMatch(/^mentions@1 mentions the build directory \(\/build\) in /);
      expect(notes[0]?.split(" in ")[1]?.split(", ").sort()).toEqual(["share/bare", "share/below", "share/link"]);
    },
  );

  it("of the build directory is a warning without a sandbox", async () => {
    const world = makeBuildWorld({ memory: true });
    world.recipe("mentions", installing('pwd > "$out/share/where"'));
    const { warnings, notes } = await world.build(await world.buildStore(), "mentions", { sandbox: "off" });
    expect([warnings, notes]).toEqual([
      expect.arrayContaining([
        expect.stringMatching(/^mentions@1 mentions the build directory \(\/.*\) in share\/where$/),
      ]),
      [],
    ]);
  });

  it("of the home directory and of the store's root is a warning, but not of the storeDir", async () => {
    const world = makeBuildWorld({ memory: true });
    const root = `${world.directory}/s`;
    const store = await world.buildStore("s", { HOME: world.directory });
    world.recipe(
      "rooted",
      installing(
        `echo ${root}/log > "$out/share/log"; echo ${world.directory}/.x > "$out/share/home"; echo "$out" > "$out/share/self"`,
      ),
    );
    const { warnings } = await world.build(store, "rooted", { sandbox: "off" });
    expect([...warnings].sort()).toEqual([
      `rooted@1 mentions the home directory (${world.directory}) in share/home`,
      `rooted@1 mentions the store's root (${root}) in share/log`,
    ]);
  });

  // Around where one piece that is read may end and the next one begins.
  it.runIf(hasSandbox).each([1 << 13, 1 << 14, 1 << 15, 1 << 21, (1 << 21) + (1 << 13), 1 << 22])(
    "is found around byte %i, beside smaller and larger files",
    async (border) => {
      const world = makeBuildWorld({ memory: true });
      const files = [-7, -3, 0, 1].map((offset) => ({ name: `at${offset}`, place: border + offset }));
      const recipe = installing(
        [
          'cd "$out/share"',
          "echo small > little; head -c 5000000 /dev/zero > large",
          ...files.map(({ name, place }) => `{ head -c ${place} /dev/zero; echo /build/x; cat large; } > ${name}`),
          ...files.map(({ name, place }) => `head -c ${place} /dev/zero > without${name}`),
        ].join("\n"),
      );
      world.recipe("borders", recipe);
      const { notes } = await world.build(await world.buildStore(), "borders");
      expect(notes[0]?.split(" in ")[1]?.split(", ").sort()).toEqual(files.map(({ name }) => `share/${name}`).sort());
    },
  );
});
