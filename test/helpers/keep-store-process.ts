import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeTree } from "../../src/system/remove-tree.ts";
import { newDirectory } from "./worlds.ts";

const SCRIPT = fileURLToPath(new URL("kept-store-process.cjs", import.meta.url));

export interface CommandLine {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface KeptProcess {
  /** Descriptors: what is asked and answered, and what it prints. */
  readonly ask: number;
  readonly answers: number;
  readonly stdout: number;
  readonly stderr: number;
}

let kept: KeptProcess | undefined;

/**
 * Carries out a command line of `store` in a process that stays for the next one: to start Node and to load the program
 * takes longer than most commands. Only on Linux.
 */
export function runKept({ argv, cwd, env }: CommandLine): Ended {
  kept ??= startProcess();
  const { ask, answers, stdout, stderr } = kept;
  writeAll(ask, `${JSON.stringify({ argv, cwd, env, umask: process.umask() })}\n`);
  const answer = readLine(answers);
  const printed = { stdout: takeText(stdout), stderr: takeText(stderr) };
  if (answer === undefined) {
    letGo();
    throw new Error(`store ${argv.join(" ")} was killed: ${printed.stderr}`);
  }
  const { status, isEnd } = JSON.parse(answer) as { status: number; isEnd: boolean };
  if (isEnd) letGo();
  return { status, ...printed };
}

function startProcess(): KeptProcess {
  const directory = newDirectory(true);
  try {
    const [requests, replies] = [join(directory, "requests"), join(directory, "replies")];
    execFileSync("mkfifo", [requests, replies]);
    const [reads, ask] = openBoth(requests);
    const [answers, writes] = openBoth(replies);
    const [stdout, stderr] = [openFile(join(directory, "stdout")), openFile(join(directory, "stderr"))];
    const child = spawn(process.execPath, [SCRIPT], { stdio: ["ignore", stdout, stderr, reads, writes], cwd: "/" });
    // It ends when nobody can ask it any more.
    child.unref();
    closeSync(reads);
    closeSync(writes);
    return { ask, answers, stdout, stderr };
  } finally {
    removeTree(directory);
  }
}

/** The two ends of a named pipe; neither can be opened alone without waiting for the other. */
function openBoth(path: string): [reads: number, writes: number] {
  const both = openSync(path, constants.O_RDWR);
  const ends: [number, number] = [openSync(path, constants.O_RDONLY), openSync(path, constants.O_WRONLY)];
  closeSync(both);
  return ends;
}

function openFile(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
}

function letGo(): void {
  if (kept) for (const fd of Object.values(kept)) closeSync(fd);
  kept = undefined;
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** One line; `undefined` when the other end is closed. */
function readLine(fd: number): string | undefined {
  let text = "";
  const chunk = Buffer.alloc(256);
  while (!text.endsWith("\n")) {
    const length = readSync(fd, chunk, 0, chunk.length, null);
    if (length === 0) return undefined;
    text += chunk.toString("latin1", 0, length);
  }
  return text;
}

function takeText(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; ) at += readSync(fd, bytes, at, bytes.length - at, at);
  ftruncateSync(fd);
  return bytes.toString();
}
