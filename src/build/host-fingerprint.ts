import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { machine, type } from "node:os";
import { canonicalJson } from "../model/canonical-json.ts";
import { captureOutput } from "../system/process/capture-output.ts";
import { findInPath } from "./sandbox/host-toolchain.ts";

/**
 * What of the host goes into a build's result: part of every derivation key. Two users of one machine, and two machines
 * with the same release of a distribution, have the same one. Left out on purpose: the kernel's version, paths, and
 * patch levels of the C library that keep its interface.
 */
export interface HostFingerprint {
  /** `Linux`, `Darwin`. */
  readonly system: string;
  /** `x86_64`, `aarch64`. */
  readonly machine: string;
  /** `glibc 2.36`, `musl 1.2.4`. */
  readonly libc: string;
  readonly cc: CompilerFingerprint;
  readonly cxx: CompilerFingerprint;
  /** First line of `ld --version`: the release of binutils. */
  readonly ld: string;
  /** First line of `make --version`. */
  readonly make: string;
}

interface CompilerFingerprint {
  /** First line of `--version`; `sha256:` and the sum of the program when it says nothing; `none`. */
  readonly version: string;
  /** The triple of `-dumpmachine`, `unknown` or `none`. */
  readonly target: string;
}

export interface FingerprintEnvironment {
  /** PATH of the host's tools as builds see it (`HostToolchain.path`), not that of the user. */
  readonly path: string;
}

/** RFC 8785 text of a fingerprint: what is hashed into derivation keys. */
export function fingerprintText(fingerprint: HostFingerprint): string {
  return canonicalJson({ ...fingerprint, cc: { ...fingerprint.cc }, cxx: { ...fingerprint.cxx } });
}

/** Asks the tools, seven short commands at once (some 20 ms). A tool that is not there is `none`: never an error. */
export async function hostFingerprint(env: FingerprintEnvironment): Promise<HostFingerprint> {
  const [libc, cc, cxx, ld, make] = await Promise.all([
    libcOf(env),
    compilerOf("cc", env),
    compilerOf("c++", env),
    versionOf("ld", env),
    versionOf("make", env),
  ]);
  return { system: type(), machine: machine(), libc, cc, cxx, ld, make };
}

/** `hostFingerprint` that asks once, at the first call. */
export function lazyHostFingerprint(env: FingerprintEnvironment): () => Promise<HostFingerprint> {
  let fingerprint: Promise<HostFingerprint> | undefined;
  return () => {
    fingerprint ??= hostFingerprint(env);
    return fingerprint;
  };
}

async function compilerOf(name: string, env: FingerprintEnvironment): Promise<CompilerFingerprint> {
  const [version, target] = await Promise.all([versionOf(name, env), ask(name, ["-dumpmachine"], env)]);
  if (version === "none") return { version, target: "none" };
  return { version, target: firstLine(target?.stdout) || "unknown" };
}

async function versionOf(name: string, env: FingerprintEnvironment): Promise<string> {
  const answer = await ask(name, ["--version"], env);
  if (answer === undefined) return "none";
  return firstLine(answer.stdout) || firstLine(answer.stderr) || `sha256:${sumOf(name, env)}`;
}

/** glibc names itself; musl does so only as the help text of its loader, which is called ldd. */
async function libcOf(env: FingerprintEnvironment): Promise<string> {
  const glibc = firstLine((await ask("getconf", ["GNU_LIBC_VERSION"], env))?.stdout);
  if (glibc.startsWith("glibc ")) return glibc;
  const musl = /^musl[\s\S]*?^Version (\S+)/m.exec((await ask("ldd", [], env))?.stderr ?? "");
  return musl ? `musl ${musl[1]}` : "unknown";
}

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(name: string, args: readonly string[], env: FingerprintEnvironment): Promise<Answer | undefined> {
  const command = findInPath(name, env.path);
  if (command === undefined) return undefined;
  const options = { cwd: "/", env: { PATH: env.path, LC_ALL: "C" }, timeoutMs: 60_000, maxOutputBytes: 2 ** 20 };
  // By its own name: gcc begins its version with the name it was called by.
  const { stdout, stderr, exitCode } = await captureOutput(name, args, options);
  return { stdout: exitCode === 0 ? stdout.toString() : "", stderr: stderr.toString() };
}

function firstLine(text: string | undefined): string {
  return (text ?? "").split("\n", 1)[0]!.trim();
}

function sumOf(name: string, env: FingerprintEnvironment): string {
  return createHash("sha256")
    .update(readFileSync(findInPath(name, env.path)!))
    .digest("hex");
}
