import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { FetchedSource, SourceRequest } from "../../src/sources/fetch-all.ts";
import type { FetchEvent } from "../../src/sources/fetch-context.ts";

/** Starts processes that fetch; made once for a test file, since Node 20 cannot run TypeScript by itself. */
export interface FetchProcesses {
  readonly start: (directory: string, request: SourceRequest, options?: StartOptions) => FetchProcess;
  readonly remove: () => void;
}

interface StartOptions {
  /** Kill the process, by itself and for good, before this call of a function that changes the disk; from 1. */
  readonly dieAt?: number;
  /** A directory that gets a copy of the other one before each such call, named by its number. */
  readonly moments?: string;
  /** Added to the environment of the process, but not to that of its fetch context. */
  readonly env?: Readonly<Record<string, string>>;
}

interface FetchProcess {
  readonly child: ChildProcess;
  readonly events: FetchEvent[];
  /** The result, or `undefined` when the process was killed. */
  readonly end: Promise<FetchedSource | undefined>;
}

export async function bundleFetchProcesses(): Promise<FetchProcesses> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  // Below the project, so that the packages it leaves out are found.
  const directory = join(root, "node_modules/.cache/store-test", String(process.pid));
  mkdirSync(directory, { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL("./fetch-child.ts", import.meta.url))],
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "error",
  });
  writeFileSync(join(directory, "die.cjs"), DIE_AT_CALL);
  return {
    start: (...args) => start(directory, ...args),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/**
 * Wraps everything in `node:fs` that changes the disk: the call with the number in `DIE_AT` never happens. Before each
 * `MOMENTS` gets a copy of $HOME, which is the directory: what a process that dies there leaves behind.
 */
const DIE_AT_CALL = `
const fs = require("node:fs");
const { execFileSync } = require("node:child_process");
const { DIE_AT, MOMENTS, HOME } = process.env;
let calls = 0;
const names = ["chmodSync", "copyFileSync", "fsyncSync", "ftruncateSync", "mkdirSync", "renameSync", "rmSync", "symlinkSync", "writeSync"];
for (const name of names) {
  const original = fs[name];
  fs[name] = (...args) => {
    // What goes to standard output is no change.
    if (args[0] === 1) return original(...args);
    calls += 1;
    if (calls === Number(DIE_AT)) process.kill(process.pid, "SIGKILL");
    if (MOMENTS) execFileSync("cp", ["-a", HOME, MOMENTS + "/" + calls]);
    return original(...args);
  };
}
require("node:module").syncBuiltinESMExports();
`;

function start(
  bundle: string,
  directory: string,
  request: SourceRequest,
  { dieAt, moments, env: more }: StartOptions = {},
): FetchProcess {
  const env = { PATH: process.env.PATH, HOME: directory };
  const preload = dieAt === undefined && moments === undefined ? [] : ["--require", join(bundle, "die.cjs")];
  const args = [
    ...preload,
    join(bundle, "fetch-child.mjs"),
    JSON.stringify({ directory, env }),
    JSON.stringify(request),
  ];
  const dying = { ...(dieAt !== undefined && { DIE_AT: String(dieAt) }), ...(moments && { MOMENTS: moments }) };
  const child = spawn(process.execPath, args, {
    env: { ...env, ...more, ...dying },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: FetchEvent[] = [];
  let result: FetchedSource | undefined;
  let rest = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.map((text) => JSON.parse(text))) {
      if (line.event) events.push(line.event);
      else result = line.result;
    }
  });
  const end = new Promise<FetchedSource | undefined>((resolve, reject) => {
    child.on("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve(result);
      else reject(new Error(`the process ended with ${code ?? signal}:\n${errors}`));
    });
  });
  return { child, events, end };
}
