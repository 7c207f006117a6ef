import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeDirectory } from "../../src/system/make-directory.ts";
import { caught } from "../helpers/caught.ts";
import { makeStoreWorld } from "../helpers/run-store.ts";
import { makeWorld } from "../helpers/worlds.ts";

it("makes a directory and those above it, and is content with one that is there", () => {
  const path = join(makeWorld().directory, "a/b/c");
  for (let time = 0; time < 2; time++) makeDirectory(path, { hint: "" });
  expect(statSync(path).isDirectory()).toBe(true);
});

it("comes to an end where a filesystem takes no directories, as an export there does", () => {
  expect(caught(() => makeDirectory("/proc/new/deep", { hint: "elsewhere" }))).toMatchObject({ hint: "elsewhere" });
  const world = makeStoreWorld();
  world.done("install", world.source("a-1", { a: "a" }));
  expect(world.run(["archive", "export", "a", "-o", "/proc/new/"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("/proc/new cannot be made"),
  });
});
