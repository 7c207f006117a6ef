import { existsSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { makeStoreWorld } from "../helpers/run-store.ts";

test("root add, list and remove; roots; wrong input", () => {
  const world = makeStoreWorld();
  world.done("install", world.source("tool-1.0", { "bin/tool": { exec: "#!/bin/sh\n" } }));
  const other = world.done("add", world.source("other-2.0", { x: "x" })).stdout.trim();
  expect(world.done("root", "add", "tool").stdout).toBe("tool-1.0\n");
  const link = join(world.directory, "result");
  expect(world.done("root", "add", other, "--link", "result", "--json").json()).toEqual([{ root: link, path: other }]);
  expect(readlinkSync(link)).toBe(other);
  const lines = world.done("roots").stdout;
  expect(lines).toMatch(/^gen-1 of profile 'default' \(live\) → \S+-profile-default$/m);
  expect(lines).toMatch(/^root 'tool-1\.0' → \S+-tool-1\.0$/m);
  expect(lines).toContain(`link ${link} → ${basename(other)}\n`);
  expect(world.done("root", "list").stdout).toBe(lines);
  expect(world.done("root", "remove", "tool-1.0", "result").stdout).toBe(`tool-1.0\n${link}\n`);
  expect(existsSync(link)).toBe(true);
  expect(world.run(["root", "remove", "tool-1.0"])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("store root list"),
  });
  expect(world.run(["root", "add"]).status).toBe(2);
  expect(world.run(["root", "add", "nothing"])).toMatchObject({ status: 1 });
  expect(world.run(["root", "add", "tool", other, "--name", "x"]).status).toBe(2);
  expect(world.run(["root", "frobnicate"]).status).toBe(2);
});
