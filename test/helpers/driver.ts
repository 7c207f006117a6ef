import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Command, Outcome } from "./store-driver.ts";

/** A user that owns nothing, with a name on most systems. */
export const NOBODY = 65534;

/** Runs the store driver in a process of its own. */
export interface Driver {
  /** The outcome; absent when the process was killed. */
  run(command: Command, options?: DriverOptions): Outcome | undefined;
  /** Starts it and waits for its first line; the process is killed at the end of the test. */
  start(
    command: Command,
    options?: DriverOptions,
  ): Promise<{ readonly outcome: Outcome; readonly child: ChildProcess }>;
}

interface DriverOptions {
  /** User id to run as; only root can choose. */
  readonly user?: number | undefined;
}

/** Bundles the driver before the tests of a file, and removes it after them. */
export function useDriver(): Driver {
  let directory = "";
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "driver-"));
    chmodSync(directory, 0o755);
    await bundle(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const argv = (command: Command, { user }: DriverOptions = {}): string[] => [
    ...(user === undefined ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"]),
    ...[process.execPath, join(directory, "store-driver.js"), JSON.stringify(command)],
  ];
  return {
    run(command, options) {
      const [file = "", ...args] = argv(command, options);
      const { stdout, stderr, signal } = spawnSync(file, args, { encoding: "utf8", cwd: "/" });
      if (signal === "SIGKILL") return undefined;
      if (stdout === "") throw new Error(`the driver failed: ${stderr}`);
      return JSON.parse(stdout) as Outcome;
    },
    async start(command, options) {
      const [file = "", ...args] = argv(command, options);
      const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
      onTestFinished(() => void child.kill("SIGKILL"));
      for await (const line of createInterface(child.stdout)) return { outcome: JSON.parse(line) as Outcome, child };
      throw new Error("the driver said nothing");
    },
  };
}

/** Why tests cannot run something as another user; `undefined` when they can. */
export function whyNotAsNobody(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can run a process as another user";
  return spawnSync("setpriv", ["--version"]).status === 0 ? undefined : "setpriv (util-linux) is missing";
}

async function bundle(directory: string): Promise<void> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const addon = `prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`;
  copyFileSync(`${root}node_modules/fs-native-extensions/${addon}`, join(directory, "addon.node"));
  await build({
    entryPoints: {
      "store-driver": `${root}test/helpers/store-driver.ts`,
      "import-worker": `${root}src/store/import-worker.ts`,
      "collection-worker": `${root}src/store/collection-worker.ts`,
    },
    outdir: directory,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: ["*.node"],
    plugins: [
      {
        name: "addon-beside-bundle",
        setup: (setup) =>
          setup.onLoad({ filter: /fs-native-extensions\/binding\.js$/ }, () => ({
            contents: 'module.exports = require("./addon.node");',
          })),
      },
    ],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}
