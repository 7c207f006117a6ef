const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

/**
 * Runs a CommonJS file as `require` would, with the code that V8 made of it when it was built (`<file>.cache`): to compile
 * it anew takes as long as what the quick commands do. V8 refuses the code of another version; then it is compiled.
 * Kept code cannot say `import()`: the file calls `__import` instead.
 * @param {string} file absolute
 * @returns {{ exports: any, script: Script }}
 */
function loadProgram(file) {
  const names = "exports, require, module, __filename, __dirname, __import";
  const script = new Script(`(function (${names}) {${readFileSync(file, "utf8")}\n})`, {
    filename: file,
    cachedData: readIfThere(`${file}.cache`),
  });
  const module = { exports: {} };
  const importFrom = (path) => import(pathToFileURL(resolve(dirname(file), path)));
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file), importFrom);
  return { exports: module.exports, script };
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

module.exports = { loadProgram };
