import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

test("config shows, sets and unsets", () => {
  const world = makeStoreWorld();
  expect(world.run(["config"])).toMatchObject({ status: 1, stderr: expect.stringContaining("there is no store") });
  world.done("init");
  expect(world.done("config").stdout).toContain("repositories = (none)  (default)\n");
  const set = world.done("config", "repositories", "/srv/a b", "https://e.example/x");
  expect([set.stdout, set.stderr]).toEqual(["", "repositories is now /srv/a b https://e.example/x\n"]);
  expect(world.done("config", "repositories").stdout).toBe("/srv/a b\nhttps://e.example/x\n");
  expect(world.done("config", "repositories", "--json").json()).toEqual({
    key: "repositories",
    value: ["/srv/a b", "https://e.example/x"],
    isSet: true,
    default: [],
    describe: expect.any(String),
  });
  expect(world.done("config", "repositories", "--unset", "-q").stderr).toBe("");
  expect(world.done("config", "repositories").stdout).toBe("");
  expect(world.done("config", "--json").json<unknown[]>().length).toBeGreaterThan(1);
});

test("what cannot be is refused, with the way out", () => {
  const world = makeStoreWorld();
  world.done("init");
  const refused = (...args: string[]) => {
    const { status, stdout, stderr } = world.run(["config", ...args]);
    expect([status, stdout]).toEqual([2, ""]);
    return stderr;
  };
  expect(refused("repositroies", "/a")).toContain("Did you mean 'repositories'?");
  expect(refused("repositroies", "--unset")).toContain("Did you mean 'repositories'?");
  expect(refused("repositories", "a")).toContain("neither an absolute directory nor an http URL");
  expect(refused("repositories.recursive", "yes", "no")).toContain("takes one value, and there are 2");
  expect(refused("repositories", "/a", "--unset")).toContain("at the same time");
  expect(refused("--unset")).toContain("--unset needs the key");
  writeFileSync(join(world.root, "config.json"), "{");
  expect(world.run(["config"])).toMatchObject({ status: 6, stderr: expect.stringContaining("Mend it by hand") });
});

test("a setting of another version is shown, kept, and can be taken out", () => {
  const world = makeStoreWorld();
  world.done("init");
  writeFileSync(join(world.root, "config.json"), '{"format":1,"settings":{"future.key":3}}');
  world.done("config", "repositories", "/a");
  expect(world.done("config").stdout).toContain("future.key = 3  (not known to this version)\n");
  world.done("config", "future.key", "--unset");
  expect(world.done("config").stdout).not.toContain("future.key");
});

test("what has a user name and a password is shown with neither", () => {
  const world = makeStoreWorld();
  world.done("init");
  const set = world.done("config", "repositories", "https://us:pw@e.example/x");
  expect(set.stderr).toBe("repositories is now https://***@e.example/x\n");
  const told = [["config"], ["config", "repositories"], ["config", "--json"]].map((args) => world.done(...args).stdout);
  for (const text of told) expect(text).toContain("https://***@e.example/x");
  expect(told.join("")).not.toMatch(/us:pw/);
  expect(readFileSync(join(world.root, "config.json"), "utf8")).toContain("https://us:pw@e.example/x");
  expect(world.run(["config", "repositories", "https://***@e.example/x"])).toMatchObject({ status: 2 });
});

test("keys are completed", () => {
  const world = makeStoreWorld();
  expect(world.done("__complete", "fish", "config", "").stdout).toContain("\nrepositories.recursive\n");
});
