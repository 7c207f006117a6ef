import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { readableStack } from "../../../src/cli/errors/readable-stack.ts";
import { PROGRAM } from "../../helpers/run-store.ts";
import { makeWorld } from "../../helpers/worlds.ts";

describe("a stack trace", () => {
  it("names the sources of a bundle, by the map beside it", () => {
    const { directory } = makeWorld();
    writeFileSync(join(directory, "source.js"), "\n\nexport function fail() {\n  throw new Error('no');\n}\nfail();\n");
    const built = buildSync({
      entryPoints: [join(directory, "source.js")],
      bundle: true,
      minify: true,
      sourcemap: "external",
      outfile: join(directory, "program.cjs"),
      format: "cjs",
    });
    expect(built.errors).toEqual([]);
    const column = readFileSync(join(directory, "program.cjs"), "utf8").indexOf("throw") + 1;
    const trace = ["Error: no", `    at x (program.cjs:1:${column})`, "    at other (node:fs:1:2)", "at rest"].join(
      "\n",
    );
    expect(readableStack(trace, directory).split("\n")).toEqual([
      "Error: no",
      "    at source.js:4:3",
      "    at other (node:fs:1:2)",
      "at rest",
    ]);
  });

  it("stays as it is where the map is missing or is none", () => {
    const { directory } = makeWorld();
    const trace = "Error: no\n    at x (program.cjs:1:2)";
    expect(readableStack(trace, directory)).toBe(trace);
    writeFileSync(join(directory, "program.cjs.map"), "no map");
    expect(readableStack(trace, directory)).toBe(trace);
  });

  it.each(["list", "du"])("of the program leads to its sources: store %s", async (command) => {
    const world = makeWorld();
    const run = spawnSync(process.execPath, [PROGRAM, "--root", join(world.directory, "none"), command, "--verbose"], {
      encoding: "utf8",
    });
    expect(run.status).not.toBe(0);
    expect(run.stderr).toMatch(/^ {4}at src\/store\/open-store\.ts:\d+:\d+$/m);
    const line = /open-store\.ts:(\d+)/.exec(run.stderr)?.[1];
    const source = readFileSync(fileURLToPath(new URL("../../../src/store/open-store.ts", import.meta.url)), "utf8");
    expect(source.split("\n")[Number(line) - 1]).toContain("StoreError");
  });
});
