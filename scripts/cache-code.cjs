// Keeps what V8 makes of the programs while commands run, the quick ones' first, for `bin/load-program.cjs`:
// `node scripts/cache-code.cjs dist/quick.cjs dist/whole.cjs dist/temporal.cjs`. Functions are compiled when they are first
// called, so each command is run once, in a store of its own.
const { execFileSync } = require("node:child_process");
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");
const { loadProgram } = require("../bin/load-program.cjs");

const LOADER = join(__dirname, "../bin/load-program.cjs");
/** As `bin/store` does, for a program that is not in its place yet. */
const RUN = `const [, loader, program, ...words] = process.argv;
require(loader).loadProgram(program).exports.main(words, process.env).then((status) => { process.exitCode = status; });`;

const COMMANDS = [
  ["list"],
  ["generations"],
  ["switch", "gen-1"],
  ["switch", "gen-2"],
  ["rollback"],
  ["diff", "gen-1", "gen-2"],
  ["state", "--at", "now"],
  ["state", "--at", "1 second ago"],
  ["state", "--at", "today"],
  ["plan", "gen-1"],
  ["log"],
  ["log", "--json"],
  ["list", "--json"],
  ["path", "one"],
];

/** What the whole program does most often, in `directory`. */
function ordinary(directory) {
  const tree = join(directory, "three-1");
  mkdirSync(join(tree, "bin"), { recursive: true });
  writeFileSync(join(tree, "bin/three"), "3");
  writeFileSync(join(tree, "plain"), "3");
  execFileSync("tar", ["-C", directory, "-czf", join(directory, "four-1.tar.gz"), "three-1"]);
  return [["add", join(directory, "four-1.tar.gz")], ["install", tree], ["remove", "three"], ["gc"]];
}

async function main(program, ...parts) {
  const directory = mkdtempSync(join(tmpdir(), "store-warm-"));
  try {
    // Nothing of the builder's own settings, which could name a store of theirs.
    const env = { PATH: process.env.PATH, HOME: directory, STORE_ROOT: join(directory, "store") };
    for (const [name, content] of [
      ["one", "1"],
      ["two", "2"],
    ]) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, name), content);
      const line = ["install", join(directory, name), "--name", name, "--version", "1", "--no-progress"];
      execFileSync(process.execPath, ["-e", RUN, LOADER, program, ...line], {
        env,
        stdio: ["ignore", "ignore", "pipe"],
      });
    }
    const { exports } = loadProgram(program);
    for (const line of [...COMMANDS, ...ordinary(directory)]) await exports.main(line, env);
    for (const file of [program, ...parts]) writeFileSync(`${file}.cache`, loadProgram(file).script.createCachedData());
  } finally {
    execFileSync("chmod", ["-R", "u+w", directory]); // objects are read-only
    rmSync(directory, { recursive: true, force: true });
  }
}

main(...process.argv.slice(2).map((file) => resolve(file)));
