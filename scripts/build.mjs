// Bundles src/ into dist/: the library as modules that share their chunks, and the programs as one CommonJS file each,
// which Node 20 loads without its machinery for modules and without touching all of `node:fs`: to load dozens of chunks
// takes twice as long as Node itself. The quick commands are a file of their own, the smallest; the whole command line is
// another one, and what npm's HTTP stack is made of a third.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadProgram, wrapProgram } from "../bin/load-program.cjs";
import { keepCode, OFTEN } from "./keep-code.mjs";
import { late } from "./late-parts.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const packageJson = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

// Stay outside the bundle: native addons.
const external = packageJson.unbundledDependencies;

// The addon's own loader searches the disk at every start; where the prebuilt file lies is known, and for the quick
// commands mostly even which node_modules holds it.
const ADDON =
  '"fs-native-extensions/prebuilds/" + process.platform + "-" + process.arch + "/fs-native-extensions.node"';
const NEAR_ADDON = `
  const near = require("node:path").join(__dirname, "../node_modules", ${ADDON});
  module.exports = require(require("node:fs").existsSync(near) ? near : ${ADDON});`;
// To find LMDB's addon takes its loader as long as all the rest of it takes to load. Where the prebuilt file lies elsewhere,
// or is made for another C library, the package finds it by itself.
const NEAR_LMDB = `
  const { existsSync } = require("node:fs");
  const { join } = require("node:path");
  const directory = join(__dirname, "../node_modules/@lmdb/lmdb-" + process.platform + "-" + process.arch);
  const names = ["abi" + process.versions.modules, "napi"].flatMap((name) => [name + ".glibc", name]);
  const near = names.map((name) => join(directory, "node." + name + ".node")).find((file) => existsSync(file));
  try {
    exports.addon = near && require(near);
  } catch {}`;
const lmdb = {
  name: "lmdb",
  setup(setup) {
    const parts = {
      lmdb: `module.exports = require("near-lmdb").addon ? require("bundled-lmdb") : require("own-lmdb");`,
      "near-lmdb": NEAR_LMDB,
      "node-gyp-build-optional-packages": `module.exports = () => require("near-lmdb").addon;`,
      // It would be looked for on the disk, too, and what the index holds is read fast enough without it.
      "msgpackr-extract": "module.exports = undefined;",
    };
    setup.onResolve({ filter: /^[a-z-]+$/ }, ({ path }) =>
      path in parts ? { path, namespace: "near-lmdb" } : undefined,
    );
    setup.onLoad({ filter: /./, namespace: "near-lmdb" }, ({ path }) => ({ contents: parts[path], resolveDir: root }));
    setup.onResolve({ filter: /^own-lmdb$/ }, () => ({ path: "lmdb", external: true }));
    setup.onResolve({ filter: /^bundled-lmdb$/ }, () => ({ path: `${root}node_modules/lmdb/dist/index.cjs` }));
  },
};
const addonBy = (contents) => ({
  name: "addon",
  setup(setup) {
    setup.onLoad({ filter: /node_modules\/fs-native-extensions\/binding\.js$/ }, () => ({ contents }));
  },
});

// What quick commands rarely need and what would make their file large: it comes from the whole program's bundle.
const RARE = {
  "obtain-objects": "src/operations/archives/obtain-objects.ts",
  forecast: "src/operations/archives/obtain/forecast.ts",
  "make-anew": "src/operations/profiles/make-anew.ts",
  archives: "src/operations/archives/archives.ts",
  "change-profile": "src/operations/profiles/change-profile.ts",
  journals: "src/operations/history/journals.ts",
  "delete-generations": "src/operations/profiles/delete-generations.ts",
  "care-for-log": "src/cli/care-for-log.ts",
};

// What the quick commands do not do, the whole program does; none of its modules mixes with theirs.
const handOver = {
  name: "hand-over",
  setup(setup) {
    setup.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: "./whole.cjs", external: true }));
    // What `store build` runs; here it only recalls.
    setup.onResolve({ filter: /^\.\.\/\.\.\/operations\// }, ({ kind, importer, path }) =>
      kind === "dynamic-import" && importer.endsWith("/commands/build.ts") && !path.endsWith("/recall-build.ts")
        ? { path: "./whole.cjs", external: true }
        : undefined,
    );
    setup.onResolve({ filter: /\/build-packed\.ts$/ }, () => ({ path: "./whole.cjs", external: true }));
    setup.onResolve({ filter: /\.ts$/ }, ({ kind, path }) => {
      const name = basename(path, ".ts");
      return kind === "dynamic-import" && name in RARE ? { path: `./${name}.js`, external: true } : undefined;
    });
  },
};

// Packages that most commands never use, in files of their own: calendar arithmetic, two fifths of what the quick commands
// are made of; what speaks to registries and servers; recipes; rarer archives; and help.
const APART = {
  temporal: ["temporal-polyfill"],
  documents: ["yaml", "picomatch"],
  unpacking: ["yauzl", "xz-decompress", "fzstd"],
  help: ["yargs"],
  network: [
    "make-fetch-happen",
    "npm-registry-fetch",
    "npm-pick-manifest",
    "npm-package-arg",
    "@npmcli/config",
    "@npmcli/config/lib/definitions/index.js",
  ],
};
const apart = {
  name: "apart",
  setup(setup) {
    const files = new Map(Object.entries(APART).flatMap(([file, names]) => names.map((name) => [name, file])));
    setup.onResolve({ filter: /^[^./]/ }, ({ path }) => (files.has(path) ? { path, namespace: "apart" } : undefined));
    setup.onResolve({ filter: /./, namespace: "apart" }, ({ path }) => ({ path, external: true }));
    // What Node gives for a CommonJS package as its default is the whole of it; of one of ES modules it is what it says.
    setup.onLoad({ filter: /./, namespace: "apart" }, ({ path }) => ({
      contents: `const it = require("./${files.get(path)}.cjs")[${JSON.stringify(path)}];
        module.exports = it.__esModule && it.default !== undefined ? it.default : it;`,
    }));
  },
};

// What is imported when something is called that is done every day. These modules, and what they always need, are the
// program `whole`; all others are `more`, which it loads when one of them is wanted.
const DAILY = [
  "src/cli/main.ts",
  "src/cli/commands/add.ts",
  "src/cli/commands/install.ts",
  "src/cli/commands/remove.ts",
  "src/cli/progress/show-progress.ts",
  "src/operations/open-store.ts",
  "src/operations/packages/add.ts",
  "src/operations/profiles/install.ts",
  "src/operations/profiles/remove.ts",
  "src/operations/archives/archives.ts",
  "src/sources/fetch-file.ts",
  "src/store/init-store.ts",
];

/** The modules of `src/` by program, and for each of them those that another program's import. */
function shareOut(inputs) {
  const importsOf = (path) =>
    inputs[path].imports.filter((item) => item.path in inputs && item.path.startsWith("src/"));
  const daily = new Set();
  const add = (path) => {
    if (daily.has(path)) return;
    if (!(path in inputs)) throw new Error(`${path} is no module of the program`);
    daily.add(path);
    for (const { kind, path: inner } of importsOf(path)) if (kind !== "dynamic-import") add(inner);
  };
  DAILY.forEach(add);
  const programOf = (path) => (daily.has(path) ? "whole" : "more");
  const wanted = { whole: new Set(), more: new Set() };
  for (const path of Object.keys(inputs).filter((name) => name.startsWith("src/")))
    for (const { path: inner } of importsOf(path))
      if (programOf(inner) !== programOf(path)) wanted[programOf(inner)].add(inner);
  return { programOf, wanted };
}

/** In each of the two programs, modules of the other one are had from there: each exports `modules`, by their paths. */
async function buildWhole() {
  const options = { ...program, external: ["*.node"] };
  const plugins = [lmdb, addonBy(NEAR_ADDON), apart, late];
  const entry = { stdin: { contents: 'export * from "./src/cli/main.ts";', resolveDir: root } };
  const { metafile } = await build({ ...options, ...entry, plugins, metafile: true, write: false, sourcemap: false });
  const { programOf, wanted } = shareOut(metafile.inputs);
  const parts = (own) => ({
    name: "parts",
    setup(setup) {
      setup.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => {
        const file = relative(root, resolve(resolveDir, path));
        return programOf(file) === own ? undefined : { path: file, namespace: "parts" };
      });
      setup.onResolve({ filter: /\.cjs$/, namespace: "parts" }, ({ path }) => ({ path, external: true }));
      setup.onLoad({ filter: /./, namespace: "parts" }, ({ path }) => ({
        contents: `module.exports = require("./${programOf(path)}.cjs").modules[${JSON.stringify(path)}]();`,
      }));
    },
  });
  for (const own of ["whole", "more"]) {
    const table = [...wanted[own]].map((path) => `${JSON.stringify(path)}: () => require("./${path}")`).join(",\n");
    const main = own === "whole" ? 'export { main } from "./src/cli/main.ts";\n' : "";
    await build({
      ...options,
      stdin: { contents: `${main}export const modules = {\n${table}\n};`, resolveDir: root, sourcefile: own },
      entryNames: own,
      plugins: [parts(own), ...plugins],
    });
  }
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: [...external, "*.node"],
  legalComments: "none",
  define: { "process.env.STORE_VERSION": JSON.stringify(packageJson.version) },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
};

// What is not there need not be read at each start. Stack traces are told with the help of the maps.
const terse = { minify: true, sourcemap: "external", sourcesContent: false };

// Of which compiled code is kept with the programs'. The network is slower than what would be won.
const CACHED = ["more", "temporal", "documents", "help"];

// Built beside and put in place at the end: a program that runs meanwhile finds its files.
const fresh = `${root}node_modules/.dist-${process.pid}`;
const program = {
  ...shared,
  ...terse,
  format: "cjs",
  outdir: fresh,
  outExtension: { ".js": ".cjs" },
  banner: { js: 'const __meta = { get url() { return require("node:url").pathToFileURL(__filename).href; } };' },
  define: { ...shared.define, "import.meta.url": "__meta.url" },
};
await build({
  ...shared,
  entryPoints: { index: "src/index.ts", ...RARE },
  outdir: fresh,
  splitting: true,
  plugins: [addonBy(`module.exports = require(${ADDON});`)],
});
await build({
  ...program,
  entryPoints: {
    "import-worker": "src/store/import-worker.ts",
    "collection-worker": "src/store/collection-worker.ts",
    "verify-worker": "src/store/verify-worker.ts",
  },
  // Errors leave threads without a stack.
  sourcemap: false,
  plugins: [addonBy(NEAR_ADDON)],
});
await build({
  ...program,
  entryPoints: { quick: "src/cli/quick.ts" },
  plugins: [addonBy(NEAR_ADDON), handOver, apart, late],
});
await buildWhole();
for (const [file, names] of Object.entries(APART))
  await build({
    ...program,
    stdin: {
      contents: names.map((name) => `exports[${JSON.stringify(name)}] = require(${JSON.stringify(name)});`).join("\n"),
      resolveDir: root,
      sourcefile: file,
    },
    entryNames: file,
  });
for (const name of ["quick", "whole", "more", ...Object.keys(APART)]) {
  const file = `${fresh}/${name}.cjs`;
  // Of the same length, for the map's sake.
  const source = readFileSync(file, "latin1").replaceAll(/\bimport\((?=")/g, "__imp0(");
  writeFileSync(file, wrapProgram(source), "latin1");
  const map = JSON.parse(readFileSync(`${file}.map`, "utf8"));
  const sources = map.sources.map((path) => relative(root, resolve(fresh, path)));
  // The wrapper's first line comes before.
  writeFileSync(`${file}.map`, JSON.stringify({ ...map, sources, mappings: `;${map.mappings}` }));
}
// What `bin/store` looks for in a command line.
const { quickWords } = loadProgram(`${fresh}/quick.cjs`).exports;
const kept = { quick: Object.keys(OFTEN.quick), whole: Object.keys(OFTEN.whole) };
writeFileSync(`${fresh}/quick.json`, JSON.stringify({ quick: quickWords, kept }));
// Before it is in place: V8 knows kept code by the length of its source only, so the two must never come from two builds.
try {
  keepCode(fresh, CACHED);
} catch (error) {
  // What the command said; the error's own message is the whole command line.
  const why = String(error.stderr ?? error.message).slice(-1000);
  console.error(`notice: commands will start more slowly, no code of theirs is kept: ${why}`);
}
const makesTypes = !process.argv.includes("--no-types");
// The tests build without them, and whoever uses the library from this checkout has those of the last whole build.
if (!makesTypes && existsSync(`${root}dist/types`)) renameSync(`${root}dist/types`, `${fresh}/types`);
rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(fresh, `${root}dist`);

if (makesTypes) {
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
    stdio: "inherit",
  });
}
