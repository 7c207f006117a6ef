import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

describe("a profile that does not exist", () => {
  it("is refused by what changes or uses one, and not made", () => {
    const world = makeStoreWorld();
    const source = world.source("a-1", { "bin/a": "a" });
    world.done("install", source);
    const uses = [["remove", "a"], ["upgrade"], ["try", "--", "true"], ["pin"], ["run", "--", "true"], ["checkpoint"]];
    const asks = ["info", "why", "closure", "du", "verify"].map((command) => [command, "a"]);
    for (const words of [...uses, ...asks]) {
      const refused = world.run(["-p", "typo", ...words]);
      expect(refused, words[0]).toMatchObject({ status: 1, stderr: expect.stringContaining("no profile 'typo'") });
      expect(refused.stderr, words[0]).toContain("There is default; a profile is made by the first");
    }
    expect(readdirSync(join(world.root, "profiles"))).toEqual(["default"]);
  });

  it("is not made by an install that fails, and can be made by the next one", () => {
    const world = makeStoreWorld();
    const source = world.source("a-1", { "bin/a": "a" });
    const instDir = join(world.directory, "links");
    const other = world.source("b-1", { "bin/a": "b" });
    for (const words of [["./none"], [source, "--check", "false"], [source, other]]) {
      expect(world.run(["install", "-p", "new", "--instdir", instDir, ...words]).status, words.join(" ")).toBe(1);
      expect(readdirSync(join(world.root, "profiles")), words.join(" ")).toEqual([]);
      expect(existsSync(join(instDir, "new"))).toBe(false);
    }
    world.done("install", "-p", "new", source);
    expect(world.done("profiles").stdout).toMatch(/new +gen-1/);
    expect(world.run(["verify"])).toMatchObject({ status: 0 });
  });

  it("is taken back without what somebody else has put there", () => {
    const world = makeStoreWorld();
    const source = world.source("a-1", { "bin/a": "a" });
    world.done("init");
    const place = join(world.root, "profiles/new");
    mkdirSync(place);
    writeFileSync(join(place, "pins.json.saved"), "mine");
    expect(world.run(["install", "-p", "new", source, "--check", "false"]).status).toBe(1);
    expect(readdirSync(place)).toEqual(["pins.json.saved"]);
    world.done("install", "-p", "new", source);
  });
});

describe("what an error advises for another profile than the default one", () => {
  it("names that profile", () => {
    const world = makeStoreWorld();
    world.done("install", world.source("a-1", { a: "" }));
    world.done("pin");
    for (const version of ["1", "2"]) world.done("install", "-p", "work", world.source(`b-${version}`, { b: version }));
    const hintOf = (...words: string[]) => world.run(["-p", "work", ...words]).stderr;
    expect(hintOf("switch", "#1")).toContain("`store switch gen-0 -p work`");
    expect(hintOf("bisect", "--good", "1", "--", "true")).toContain("`store run --at gen-2 -p work -- …`");
    world.done("generations", "delete", "-p", "work", "1");
    world.done("gc");
    expect(hintOf("run", "--at", "1", "--", "true")).toContain("`store switch gen-1 -p work`");
  });

  it("advises no replay of a pin, which is refused", () => {
    const world = makeStoreWorld();
    world.done("install", world.source("a-1", { a: "" }));
    world.done("pin");
    const undo = (transaction: string) => world.run(["-p", "work", "undo", transaction]).stderr;
    expect(undo("1")).toContain("`store replay FILE -p work`");
    expect(undo("2")).toContain("Name its profile: -p default.\n");
  });
});
