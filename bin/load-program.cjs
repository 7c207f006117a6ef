const { readFileSync } = require("node:fs");
const { dirname, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

/** @type {Map<string, Loaded>} */
const loaded = new Map();

/** @typedef {{ exports: any, script: Script }} Loaded */

/** What a program's file holds: its source as a function. Kept code cannot say `import()`, so it says `__import`. */
function wrapProgram(source) {
  return `(function (exports, require, module, __filename, __dirname, __import) {${source}\n})`;
}

/**
 * Runs the file of a program (see `wrapProgram`) as `require` would run its source, with the code that V8 made of it when
 * it was built (`<file>.cache`): to compile it anew takes as long as what the quick commands do. V8 refuses the code of
 * another version; then it is compiled. What it requires beside itself is loaded in the same way.
 * @param {string} file absolute
 * @returns {Loaded}
 */
function loadProgram(file) {
  const known = loaded.get(file);
  if (known) return known;
  // The file is ASCII: as Latin-1 it is not looked at, character by character.
  const script = new Script(readFileSync(file, "latin1"), { filename: file, cachedData: readIfThere(`${file}.cache`) });
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

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

module.exports = { loadProgram, wrapProgram };
