// Keeps what V8 makes of the quick commands' bundle while they run, for `bin/load-program.cjs`: `node
// scripts/cache-code.cjs dist/quick.cjs`. Functions are compiled when they are first called, so each command is run once,
// in a store of its own.
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
  ["plan", "gen-1"],
  ["log"],
  ["log", "--json"],
  ["list", "--json"],
  ["path", "one"],
];

async function main(program) {
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
    rmSync(`${program}.cache`, { force: true });
    const { exports, script } = loadProgram(program);
    for (const stream of [process.stdout, process.stderr]) stream.write = swallow;
    for (const line of COMMANDS) await exports.main(line, env);
    writeFileSync(`${program}.cache`, script.createCachedData());
  } finally {
    execFileSync("chmod", ["-R", "u+w", directory]); // objects are read-only
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A stream's `write` that shows nothing. */
function swallow(_chunk, encoding, callback) {
  const done = typeof encoding === "function" ? encoding : callback;
  done?.();
  return true;
}

main(resolve(process.argv[2])).catch((error) => {
  // It only takes longer without.
  console.error(`notice: no code of the quick commands is kept: ${error.message}`);
});
