const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname } = require("node:path");
const { Script, constants } = require("node:vm");

/**
 * Runs a CommonJS file as `require` would, with the code that V8 made of it when it was built (`<file>.cache`): to compile
 * it anew takes as long as what the quick commands do. V8 refuses the code of another version; then it is compiled.
 * @param {string} file absolute
 * @returns {{ exports: any, script: Script }}
 */
function loadProgram(file) {
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`,
    {
      filename: file,
      cachedData: readIfThere(`${file}.cache`),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    },
  );
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
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
