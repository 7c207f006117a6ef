import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Command, Outcome } from "../operations/drivers/change.ts";

/** Runs the driver that changes a store in processes of its own. */
export interface ChangeDriver {
  /** Runs it to its end; what was killed has fewer outcomes than steps. */
  run(command: Command): Run;
  /** Starts it; it is killed at the end of the test at the latest. */
  start(command: Command): Started;
  /** The bundle, for who runs it another way. */
  readonly script: () => string;
}

export interface Run {
  readonly outcomes: readonly Outcome[];
  readonly killed: boolean;
}

export interface Started {
  readonly child: ChildProcess;
  /** The first outcome. */
  readonly first: Promise<Outcome>;
  readonly done: Promise<Run>;
}

/** Bundles the driver before the tests of a file, and removes it after them. */
export function useChangeDriver(): ChangeDriver {
  let directory = "";
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "change-driver-"));
    await bundle(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const script = () => join(directory, "change.js");
  return {
    script,
    run(command) {
      const { stdout, stderr, signal, status } = spawnSync(process.execPath, [script(), JSON.stringify(command)], {
        encoding: "utf8",
      });
      if (signal !== "SIGKILL" && status !== 0) throw new Error(`the driver failed: ${stderr}`);
      return { outcomes: outcomesIn(stdout), killed: signal === "SIGKILL" };
    },
    start(command) {
      const child = spawn(process.execPath, [script(), JSON.stringify(command)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      const lines: string[] = [];
      const reader = createInterface(child.stdout);
      const first = new Promise<Outcome>((resolve, reject) => {
        reader.on("line", (line) => {
          lines.push(line);
          resolve(JSON.parse(line) as Outcome);
        });
        child.on("close", () => reject(new Error("the driver said nothing")));
      });
      first.catch(() => undefined);
      const done = new Promise<Run>((resolve) => {
        child.on("close", (_status, signal) =>
          resolve({ outcomes: outcomesIn(lines.join("\n")), killed: signal === "SIGKILL" }),
        );
      });
      return { child, first, done };
    },
  };
}

function outcomesIn(text: string): Outcome[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Outcome);
}

async function bundle(directory: string): Promise<void> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const require = createRequire(import.meta.url);
  const addon = `fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`;
  await build({
    absWorkingDir: root,
    entryPoints: {
      change: "test/operations/drivers/change.ts",
      "import-worker": "src/store/import-worker.ts",
      "collection-worker": "src/store/collection-worker.ts",
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
        name: "addons-where-they-are",
        setup(setup) {
          setup.onResolve({ filter: /^lmdb$/ }, () => ({
            path: pathToFileURL(join(require.resolve("lmdb"), "../../node-index.js")).href,
            external: true,
          }));
          setup.onLoad({ filter: /fs-native-extensions\/binding\.js$/ }, () => ({
            contents: `module.exports = require(${JSON.stringify(addon)});`,
          }));
        },
      },
    ],
    banner: {
      js: `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(${JSON.stringify(pathToFileURL(`${root}package.json`).href)});`,
    },
    logLevel: "warning",
  });
}
