import { existsSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

test("gc, delete, why, closure, generations delete: what they print, and wrong input", () => {
  const world = makeStoreWorld();
  const lib = world.done("add", world.source("lib-1.0", { lib: "lib" })).stdout.trim();
  world.done("install", world.source("app-1.0", { "bin/app": { exec: `#!/bin/sh\n# ${lib}\n` } }));
  const dead = world.done("add", world.source("dead-1.0", { x: "x" })).stdout.trim();

  const app = world.done("path", "app").stdout.trim();
  expect(world.done("why", lib).stdout).toMatch(
    new RegExp(`^gen-1 of profile 'default' \\(live\\) → ${basename(app)} → ${basename(lib)}\n$`),
  );
  expect(world.done("why", dead).stdout).toContain("nothing keeps");
  expect(
    world
      .done("closure", "app", "--json")
      .json<{ path: string }[]>()
      .map(({ path }) => path),
  ).toEqual([app, lib]);
  expect(world.done("du", "app", "--json").json()).toMatchObject([{ path: app, closure: { objects: 2 } }]);
  const refused = world.run(["delete", lib]);
  expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining(`${basename(app)} → ${basename(lib)}`) });

  const told = world.done("gc", "--dry-run", "--json").json<{ deleted: string[]; freedBytes: number }>();
  expect(told).toMatchObject({ dryRun: true, deleted: [dead] });
  expect(existsSync(dead)).toBe(true);
  const done = world.done("gc", "--json").json<typeof told>();
  expect(done).toEqual({ ...told, dryRun: false });
  expect(existsSync(dead)).toBe(false);
  expect(world.done("gc").stdout).toMatch(/^0 objects deleted, 0 B and 0 inodes freed; 4 objects left\n$/);

  world.done("remove", "app");
  expect(world.run(["generations", "delete", "2"]).status).toBe(4);
  expect(world.done("generations", "delete", "-n", "1").stdout).toMatch(
    /^would delete gen-1\n`store gc` could then free /,
  );
  expect(world.done("generations", "delete", "..9").stdout).toMatch(
    /^deleted gen-1 {2}\(transaction #\d+\)\ngen-0 stays: .*\ngen-2 stays: it is live\n$/,
  );
  expect(world.done("rollback", "--dry-run").stdout).toContain("gen-1 was deleted: its packages");
  expect(world.done("gc").stdout).toMatch(/- \S+-app-1\.0\n- \S+-lib-1\.0\n3 objects deleted/);
  expect(world.done("du").stdout).toMatch(/ {2}objects\n[\s\S]* {2}all\n.* saved by files that objects share\n$/);

  expect(world.run(["generations", "delete"]).status).toBe(2);
  expect(world.run(["generations", "--dry-run"]).status).toBe(2);
  for (const args of [["--older-than", "x"], ["--keep", "0"], ["--max-freed", "lots"], ["--free-inodes", "1.5"], ["x"]])
    expect(world.run(["gc", ...args])).toMatchObject({ status: 2 });
  expect(world.run(["why", "nothing"])).toMatchObject({ status: 1 });
});

test("to go where the packages of a deleted generation are live already makes nothing, and says nothing else", () => {
  const world = makeStoreWorld();
  for (const version of ["1", "2"]) world.done("install", world.source(`app-${version}`, { app: version }));
  world.done("generations", "delete", "1");
  expect(world.done("switch", "gen-1").stdout).toContain(
    "gen-1 was deleted: its packages, as the log tells them, make",
  );
  for (const options of [[], ["--dry-run"]])
    expect(world.done("switch", "gen-1", ...options).stdout).toBe(
      "nothing to do, gen-3 stays live\ngen-1 was deleted: gen-3 has its packages\n",
    );
});
