import { describe, expect, it } from "vitest";
import { canSandbox, makeBuildWorld } from "../helpers/build-world.ts";

const hasSandbox = await canSandbox();

describe.each([
  ...(hasSandbox ? (["auto"] as const) : []),
  // Without a sandbox a build-id depends on the derivation; what has none is cut off all the same.
  "off",
] as const)("with the sandbox %s", (sandbox) => {
  it("what is built again as it was builds nothing else again", async () => {
    const world = makeBuildWorld({ memory: true });
    if (sandbox === "off") {
      for (const lib of ["liba", "libb"]) world.edit(`${lib}/src/Makefile`, "--build-id=sha1", "--build-id=none");
      world.edit("greetings/src/Makefile", "-O2", "-O2 -Wl,--build-id=none");
    }
    const store = await world.buildStore();
    const first = await world.build(store, "greetings", { sandbox });
    expect(first.started).toEqual(["liba@1.0", "libb@1.0", "greetings@1.0"]);
    expect((await world.build(store, "greetings", { sandbox })).started).toEqual([]);

    world.edit("liba/src/liba.c", "compiled in:", "compiled in, so:");
    const comment = await world.build(store, "greetings", { sandbox });
    expect(comment.started).toEqual(["liba@1.0"]);
    expect(comment.built[0]).toEqual({ ...first.built[0], built: false });

    world.edit("libb/recipe.yaml", "summary: A", "summary: a");
    expect((await world.build(store, "greetings", { sandbox })).started).toEqual([]);

    world.edit("liba/src/liba.c", "return line;", "return line[0] ? line : 0;");
    const change = await world.build(store, "greetings", { sandbox });
    expect(change.started).toEqual(["liba@1.0", "libb@1.0", "greetings@1.0"]);
    expect(change.built[0]?.baseName).not.toBe(first.built[0]?.baseName);
  });
});

it("a change of only a build tool's output reaches what used the tool, and no further than it must", async () => {
  const world = makeBuildWorld({ memory: true });
  const store = await world.buildStore();
  await world.build(store, ["confed", "reader"]);
  world.edit("builder/recipe.yaml", "greetings $1", 'greetings  $1" #"');
  const again = await world.build(store, ["confed", "reader"]);
  expect([...again.started].sort()).toEqual(["builder@1.0", "confed@1.0", "reader@1.0~keep"]);
});
