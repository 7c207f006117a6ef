// Bundles src/ into dist/: the whole command line, the library and the worker threads share their chunks. The quick
// commands are one file more, with copies of what they need: to load dozens of chunks would take as long as Node itself.
// That file is CommonJS, which Node 20 loads without the machinery for modules and without touching all of `node:fs`.
import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const packageJson = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

// Stay outside the bundle: native addons, and npm's own HTTP stack, which only `npm:` and URLs load.
const external = packageJson.unbundledDependencies;

// The addon's own loader searches the disk at every start; where the prebuilt file lies is known.
const directAddon = {
  name: "direct-addon",
  setup(setup) {
    setup.onLoad({ filter: /node_modules\/fs-native-extensions\/binding\.js$/ }, () => ({
      contents:
        "const { platform, arch } = process; module.exports = require('fs-native-extensions/prebuilds/' + platform + '-' + arch + '/fs-native-extensions.node');",
    }));
  },
};

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
    setup.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: "./cli.js", external: true }));
    // What `store build` runs; here it only recalls.
    setup.onResolve({ filter: /^\.\.\/\.\.\/operations\// }, ({ kind, importer, path }) =>
      kind === "dynamic-import" && importer.endsWith("/commands/build.ts") && !path.endsWith("/recall-build.ts")
        ? { path: "./cli.js", external: true }
        : undefined,
    );
    setup.onResolve({ filter: /\/build-packed\.ts$/ }, () => ({ path: "./cli.js", external: true }));
    setup.onResolve({ filter: /\.ts$/ }, ({ kind, path }) => {
      const name = basename(path, ".ts");
      return kind === "dynamic-import" && name in RARE ? { path: `./${name}.js`, external: true } : undefined;
    });
  },
};

// Calendar arithmetic is two fifths of what the quick commands are made of, and few of them need it.
const apart = {
  name: "apart",
  setup(setup) {
    setup.onResolve({ filter: /^temporal-polyfill$/ }, () => ({ path: "./temporal.cjs", external: true }));
  },
};

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

// Built beside and put in place at the end: a program that runs meanwhile finds its files.
const fresh = `${root}node_modules/.dist-${process.pid}`;
await build({
  ...shared,
  entryPoints: {
    cli: "src/cli/main.ts",
    index: "src/index.ts",
    "import-worker": "src/store/import-worker.ts",
    "removal-worker": "src/store/removal-worker.ts",
    "verify-worker": "src/store/verify-worker.ts",
    ...RARE,
  },
  outdir: fresh,
  splitting: true,
  plugins: [directAddon],
});
await build({
  ...shared,
  entryPoints: { quick: "src/cli/quick.ts" },
  outdir: fresh,
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  banner: { js: 'const __moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  define: { ...shared.define, "import.meta.url": "__moduleUrl" },
  plugins: [directAddon, handOver, apart],
});
await build({
  ...shared,
  entryPoints: { temporal: "temporal-polyfill" },
  outdir: fresh,
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  banner: {},
});
// See bin/load-program.cjs.
const quick = `${fresh}/quick.cjs`;
writeFileSync(quick, readFileSync(quick, "utf8").replaceAll(/\bimport\((?="\.\/)/g, "__import("));
// Before it is in place: V8 knows kept code by the length of its source only, so the two must never come from two builds.
execFileSync(process.execPath, [`${root}scripts/cache-code.cjs`, quick], { stdio: "inherit" });
rmSync(`${root}dist`, { recursive: true, force: true });
renameSync(fresh, `${root}dist`);

if (!process.argv.includes("--no-types")) {
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
    stdio: "inherit",
  });
}
