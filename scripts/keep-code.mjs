// Keeps what V8 makes of the programs while commands run, for `bin/load-program.cjs`. Functions are compiled when they are
// first called, so commands are run, in a store of their own: all of them for what is kept of the whole file, and those
// that people call most often once more for code of their own, which is half as large and so read in half of the time.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LOADER = fileURLToPath(new URL("../bin/load-program.cjs", import.meta.url));

/** As `bin/store` does, for a program that is not in its place yet. Writes what V8 has compiled then of the files named. */
const RUN = `const [, loader, program, work] = process.argv;
const { lines, keep } = JSON.parse(work);
const { loadProgram } = require(loader);
const run = async () => {
  for (const words of lines) await loadProgram(program).exports.main(words, process.env);
  for (const [file, code] of keep) require("node:fs").writeFileSync(code, loadProgram(file).script.createCachedData());
};
run().then(() => process.exit(0));`;

const TREE = "three-1";
const ARCHIVE = "four-1.tar.gz";

/** By program and command, the lines after which code is kept for it alone. */
export const OFTEN = {
  quick: {
    switch: [
      ["switch", "gen-1"],
      ["switch", "-"],
    ],
    rollback: [["rollback"], ["switch", "gen-2"]],
    list: [["list"]],
    generations: [["generations"]],
    log: [["log"]],
    path: [["path", "one"]],
    shellenv: [["shellenv"]],
  },
  whole: {
    add: [
      ["add", TREE],
      ["add", ARCHIVE],
    ],
    install: [["install", TREE]],
    remove: [["remove", "three"]],
    gc: [["gc"]],
  },
};

/** What else is kept in the code for all. */
const SELDOM = {
  quick: [
    ["diff", "gen-1", "gen-2"],
    ["state", "--at", "now"],
    ["state", "--at", "1 second ago"],
    ["state", "--at", "today"],
    ["plan", "gen-1"],
    ["log", "--json"],
    ["list", "--json"],
  ],
  whole: [["--help"], ["add", "--help"]],
};

/** Writes the code beside the programs in `dist`, and that of the files `parts`, which they load. */
export function keepCode(dist, parts) {
  const directory = mkdtempSync(join(tmpdir(), "store-warm-"));
  try {
    writeInputs(directory);
    // Nothing of the builder's own settings, which could name a store of theirs.
    const env = { PATH: process.env.PATH, HOME: directory, STORE_ROOT: join(directory, "store") };
    const run = (program, lines, keep) =>
      execFileSync(process.execPath, ["-e", RUN, LOADER, program, JSON.stringify({ lines, keep })], {
        cwd: directory,
        env,
        // The commands have something to say.
        stdio: ["ignore", "ignore", "pipe"],
      });
    const whole = join(dist, "whole.cjs");
    for (const name of ["one", "two"]) run(whole, [["install", name, "--name", name, "--version", "1"]], []);
    for (const [name, often] of Object.entries(OFTEN)) {
      const program = join(dist, `${name}.cjs`);
      for (const [command, lines] of Object.entries(often))
        run(program, lines, [[program, `${program}.${command}.cache`]]);
    }
    const all = Object.keys(OFTEN).flatMap((name) => [...Object.values(OFTEN[name]).flat(), ...SELDOM[name]]);
    const partFiles = parts.map((name) => join(dist, `${name}.cjs`));
    for (const name of Object.keys(OFTEN)) {
      const program = join(dist, `${name}.cjs`);
      run(program, all, [[program, `${program}.cache`], ...partFiles.map((file) => [file, `${file}.cache`])]);
    }
  } finally {
    execFileSync("chmod", ["-R", "u+w", directory]); // objects are read-only
    rmSync(directory, { recursive: true, force: true });
  }
}

function writeInputs(directory) {
  for (const [name, file] of [
    ["one", "one"],
    ["two", "two"],
    [TREE, "bin/three"],
    [TREE, "plain"],
  ]) {
    mkdirSync(join(directory, name, dirname(file)), { recursive: true });
    writeFileSync(join(directory, name, file), file);
  }
  execFileSync("tar", ["-C", directory, "-czf", join(directory, ARCHIVE), TREE]);
}
