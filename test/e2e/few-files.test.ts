import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { removeTree } from "../../src/system/remove-tree.ts";
import { makeStoreWorld, PROGRAM } from "../helpers/run-store.ts";

/** How many more open files than the program starts with. */
const MORE = [0, 1, 2, 3, 4, 5, 6, 7, 9, 13, 45];

it("too few open files are told as that, wherever a command comes to the limit", () => {
  const world = makeStoreWorld();
  const many = world.source("many-1", Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`f${at}`, `${at}`])));
  world.done("install", many);
  const run = (limit: number, ...args: readonly string[]) =>
    spawnSync("sh", ["-c", `ulimit -n ${limit}; exec "$@"`, "sh", PROGRAM, ...args], {
      encoding: "utf8",
      cwd: world.directory,
      env: world.env,
    });
  let fewest = 16;
  while (run(fewest, "--version").status !== 0) fewest++;
  const ended: string[] = [];
  for (const limit of MORE.map((more) => fewest + more)) {
    removeTree(`${world.root}/index`);
    for (const args of [["gc"], ["add", many, "--name", `n${limit}`], ["verify"]]) {
      const { status, signal, stderr } = run(limit, ...args);
      expect({ limit, args, status, signal, stderr }).toMatchObject({
        signal: null,
        stderr: status === 0 ? expect.any(String) : expect.stringContaining("ulimit -n"),
      });
      ended.push(`${args[0]} ${status}`);
    }
  }
  expect(ended).toEqual(expect.arrayContaining(["gc 0", "gc 1", "add 0", "add 1", "verify 0", "verify 1"]));
  expect(world.done("verify", "--contents").stdout).toContain("nothing is damaged");
});
