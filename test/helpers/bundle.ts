import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A program made from TypeScript that a child process can run. */
export interface Bundle extends Disposable {
  readonly path: string;
}

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** Bundles `entry`, given as an absolute path, with all it imports but native addons. */
export async function bundle(entry: string): Promise<Bundle> {
  const directory = mkdtempSync(join(tmpdir(), "store-bundle-"));
  symlinkSync(MODULES, join(directory, "node_modules"));
  const path = join(directory, "program.mjs");
  await build({
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: ["fs-native-extensions", "lmdb"],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}
