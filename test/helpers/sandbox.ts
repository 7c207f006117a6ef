import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { baseEnvironment } from "../../src/build/sandbox/environment.ts";
import { writeIdentityFiles } from "../../src/build/sandbox/identity.ts";
import { probeSandbox, type SandboxProbe } from "../../src/build/sandbox/probe-sandbox.ts";
import { runInSandbox, type SandboxRunOptions } from "../../src/build/sandbox/run-in-sandbox.ts";
import type { SandboxSpec, SandboxTools } from "../../src/build/sandbox.ts";
import type { ProcessResult } from "../../src/system/process.ts";

/** Somebody who runs a sandbox: this user, and when that is root, also one who is not. */
export interface SandboxUser {
  readonly name: string;
  readonly uid: number;
  readonly tools: SandboxTools;
}

function probeHere(): Promise<SandboxProbe> {
  return probeSandbox({ path: process.env.PATH ?? "", platform: process.platform, directory: tmpdir() });
}

/** Empty, with a notice, where there is no sandbox. To be called at the top of a test file. */
export async function findSandboxUsers(): Promise<readonly SandboxUser[]> {
  const probe = await probeHere();
  if (!probe.available) {
    process.stderr.write(`SKIPPED: sandbox tests: ${probe.reason}. ${probe.hint}\n`);
    return [];
  }
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) return [{ name: "this user", uid, tools: probe.tools }];
  return [{ name: "root", uid, tools: probe.tools }, asNobody(probe.tools)];
}

/** A sandbox in a directory of its own, with what most tests need. */
export interface SandboxWorld extends Disposable {
  readonly directory: string;
  readonly build: string;
  readonly spec: Omit<SandboxSpec, "command">;
  /** Runs a script; gives what it printed. */
  run(script: string, options?: WorldOptions): Promise<ProcessResult & { readonly output: string }>;
}

interface WorldOptions extends Partial<SandboxRunOptions> {
  readonly spec?: Partial<SandboxSpec>;
}

export function createSandboxWorld(user: SandboxUser): SandboxWorld {
  const directory = mkdtempSync(join(tmpdir(), "sandbox-test-"));
  const own = (path: string): string => {
    chownSync(path, user.uid, user.uid);
    return path;
  };
  own(directory);
  const build = own(mkdir(directory, "build"));
  const pipes = mkdir(directory, "pipes");
  const identityDirectory = mkdir(directory, "etc");
  writeIdentityFiles(identityDirectory);
  const spec = {
    tools: user.tools,
    identityDirectory,
    buildDirectory: build,
    binds: [],
    env: baseEnvironment(user.tools.toolchain.path),
  };
  return {
    directory,
    build,
    spec,
    run: async (script, options = {}) => {
      const { spec: changes, ...rest } = options;
      const chunks: Buffer[] = [];
      const result = await runInSandbox(
        { ...spec, command: ["/bin/bash", "--norc", "-c", script], ...changes },
        { pipeDirectory: pipes, onOutput: (chunk) => void chunks.push(chunk), ...rest },
      );
      return { ...result, output: Buffer.concat(chunks).toString() };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function mkdir(directory: string, name: string): string {
  mkdirSync(join(directory, name), { mode: 0o755 });
  return join(directory, name);
}

/** bubblewrap behind a change of user, so that tests that run as root also see what others see. */
function asNobody(tools: SandboxTools): SandboxUser {
  const uid = 65534;
  const directory = mkdtempSync(join(tmpdir(), "sandbox-nobody-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const script = join(directory, "bwrap");
  const change = `setpriv --reuid ${uid} --regid ${uid} --clear-groups --`;
  writeFileSync(script, `#!/bin/sh\nexec /usr/bin/${change} ${tools.bubblewrap} "$@"\n`);
  chmodSync(script, 0o755);
  chmodSync(directory, 0o755);
  return { name: "nobody", uid, tools: { ...tools, bubblewrap: script } };
}
