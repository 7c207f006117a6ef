const { closeSync, fstatSync, openSync, readSync } = require("node:fs");
const { basename, dirname, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

/** @type {Map<string, Loaded>} */
const loaded = new Map();

/** @typedef {{ exports: any, script: Script }} Loaded */

/** What a program's file holds: its source as a function. Kept code cannot say `import()`, so it says `__imp0`. */
function wrapProgram(source) {
  return `(function (exports, require, module, __filename, __dirname, __imp0) {\n${source}\n})`;
}

/**
 * Runs the file of a program (see `wrapProgram`) as `require` would run its source, with the code that V8 made of it when
 * it was built (`<file>.<command>.cache`, or `<file>.cache`): to compile it anew takes as long as what the quick commands
 * do. V8 refuses the code of another version; then it is compiled. What it requires beside itself is loaded in the same way.
 * @param {string} file absolute
 * @param {string} [command] for which code of its own may be kept: what only others run is not in it
 * @returns {Loaded}
 */
function loadProgram(file, command) {
  const known = loaded.get(file);
  if (known) return known;
  const script = readScript(file, command);
  const module = { exports: {} };
  const program = { script, exports: module.exports };
  loaded.set(file, program);
  const directory = dirname(file);
  const requireFrom = (name) => (isProgram(name) ? loadProgram(resolve(directory, name)).exports : require(name));
  const importFrom = async (name) =>
    isProgram(name) ? requireFrom(name) : import(pathToFileURL(resolve(directory, name)));
  script.runInThisContext()(module.exports, requireFrom, module, file, directory, importFrom);
  program.exports = module.exports;
  return program;
}

/** Whether the name is that of a program beside. */
function isProgram(name) {
  return name.startsWith("./") && name.endsWith(".cjs");
}

function readScript(file, command) {
  const source = openSync(file);
  const code = openKept(file, command);
  try {
    const sizes = [source, code].map((fd) => (fd === undefined ? 0 : fstatSync(fd).size));
    // One room for both, since memory that is touched for the first time is slow. The file is ASCII: as Latin-1 it is not
    // looked at, character by character.
    const room = Buffer.allocUnsafeSlow(Math.max(...sizes));
    const text = readWhole(source, room.subarray(0, sizes[0])).latin1Slice();
    const cachedData = code === undefined ? undefined : readWhole(code, room.subarray(0, sizes[1]));
    // Code is kept under the name that it had when it was made: the base name is the same everywhere.
    return new Script(text, { filename: basename(file), cachedData });
  } finally {
    closeSync(source);
    if (code !== undefined) closeSync(code);
  }
}

/** The file with the code that is kept for the command, or for all. */
function openKept(file, command) {
  const names = command === undefined ? [`${file}.cache`] : [`${file}.${command}.cache`, `${file}.cache`];
  for (const name of names) {
    try {
      return openSync(name);
    } catch {
      // Another is as good, only slower.
    }
  }
  return undefined;
}

function readWhole(fd, room) {
  let at = 0;
  while (at < room.length) {
    const count = readSync(fd, room, at, room.length - at);
    if (count === 0) break;
    at += count;
  }
  return room.subarray(0, at);
}

module.exports = { loadProgram, wrapProgram };
