// Parts of Node that take milliseconds to load and that most commands never use: they come with the first call.
// A name that is missing here fails the build.
const LATE = {
  "node:crypto": `let it;
    const load = () => (it ??= require("node:crypto"));
    export const createHash = (...args) => load().createHash(...args);
    export const hash = (algorithm, data, encoding) => load().hash(algorithm, data, encoding);
    export const randomBytes = (...args) => load().randomBytes(...args);`,
  "node:zlib": `const load = () => require("node:zlib");
    export const gunzipSync = (...args) => load().gunzipSync(...args);
    export const gzipSync = (...args) => load().gzipSync(...args);
    export const inflateRawSync = (...args) => load().inflateRawSync(...args);
    export const createGunzip = (...args) => load().createGunzip(...args);
    export const createGzip = (...args) => load().createGzip(...args);
    export const createInflateRaw = (...args) => load().createInflateRaw(...args);
    export const crc32 = (...args) => load().crc32(...args);
    export const constants = { get Z_SYNC_FLUSH() { return load().constants.Z_SYNC_FLUSH; } };`,
  "node:child_process": `export const spawn = (...args) => require("node:child_process").spawn(...args);
    export const execFile = (...args) => require("node:child_process").execFile(...args);
    export const execFileSync = (...args) => require("node:child_process").execFileSync(...args);`,
  "node:module": `export const createRequire = (place) => (name) => require("node:module").createRequire(place)(name);
    export const SourceMap = function (...args) { return new (require("node:module").SourceMap)(...args); };`,
  "node:worker_threads": `export const Worker = function (...args) { return new (require("node:worker_threads").Worker)(...args); };`,
};
/** For bundles. */
export const late = {
  name: "late",
  setup(setup) {
    setup.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      path in LATE && kind === "import-statement" ? { path, namespace: "late" } : undefined,
    );
    setup.onLoad({ filter: /./, namespace: "late" }, ({ path }) => ({ contents: LATE[path] }));
  },
};
