// Bundles src/ into dist/: the command line, the library and the worker threads share their chunks.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
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
      contents: 'module.exports = require(`fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`);',
    }));
  },
};

rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts", "import-worker": "src/store/import-worker.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  external: [...external, "*.node"],
  plugins: [directAddon],
  legalComments: "none",
  define: { "process.env.STORE_VERSION": JSON.stringify(packageJson.version) },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});

if (!process.argv.includes("--no-types")) {
  execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
    stdio: "inherit",
  });
}
