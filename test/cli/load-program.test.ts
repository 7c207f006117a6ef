import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { makeWorld } from "../helpers/worlds.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { wrapProgram } = createRequire(import.meta.url)("../../bin/load-program.cjs") as {
  readonly wrapProgram: (source: string) => string;
};
const quick = join(root, "dist/quick.cjs");

/** Runs lines after the program was loaded, each in a process of its own: V8 remembers what it has compiled once. */
function afterLoading(file: string, lines: string): string {
  const script = `const { exports: program, script } = require(process.argv[1]).loadProgram(process.argv[2]);
(async () => { ${lines} })();`;
  return execFileSync(process.execPath, ["-e", script, join(root, "bin/load-program.cjs"), file], { encoding: "utf8" });
}

const isRejected = (file: string) => afterLoading(file, "console.log(script.cachedDataRejected)").trim();
const keepCode = (file: string) =>
  afterLoading(file, "require('fs').writeFileSync(process.argv[2] + '.cache', script.createCachedData())");

/** A program that says where it is, requires a part of itself, and imports a module beside it when it is asked to. */
function makeProgram(): string {
  const { directory } = makeWorld();
  const file = join(directory, "program.cjs");
  writeFileSync(join(directory, "part.cjs"), wrapProgram('module.exports = "part";'));
  writeFileSync(join(directory, "more.mjs"), "export const more = 'more';\n");
  writeFileSync(
    file,
    wrapProgram(`const { sep } = require("node:path");
exports.place = __dirname + sep + "program.cjs" === __filename && module.exports === exports;
exports.part = require("./part.cjs");
exports.more = async () => (await __imp0("./more.mjs")).more;
// no line end`),
  );
  return file;
}

function expectItRuns(file: string): void {
  expect(afterLoading(file, "console.log(program.place, program.part, await program.more())")).toBe("true part more\n");
}

describe("loadProgram", () => {
  it("runs a program as `require` would, and again with the code that is kept of it", () => {
    const file = makeProgram();
    expect(isRejected(file)).toBe("undefined");
    expectItRuns(file);
    keepCode(file);
    expect(isRejected(file)).toBe("false");
    expectItRuns(file);
  });

  it.each([
    ["is empty", () => Buffer.alloc(0)],
    ["is not V8's", () => Buffer.alloc(4096, "x")],
    ["is another version's", (code: Buffer) => Buffer.concat([Buffer.alloc(8, 1), code.subarray(8)])],
    ["is cut off", (code: Buffer) => code.subarray(0, code.length / 2)],
  ])("compiles the program when what is kept %s", (_, change) => {
    const file = makeProgram();
    keepCode(file);
    writeFileSync(`${file}.cache`, change(readFileSync(`${file}.cache`)));
    expect(isRejected(file)).toBe("true");
    expectItRuns(file);
  });
});

describe("the build", () => {
  it("keeps code of the quick commands that this Node takes", () => {
    expect(isRejected(quick)).toBe("false");
  });
});
