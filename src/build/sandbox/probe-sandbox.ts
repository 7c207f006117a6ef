import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../../errors.ts";
import { noSpaceAt, saysNoSpace } from "../../model/explain-system-error.ts";
import { readTextIfPresent } from "../../system/atomic-file.ts";
import { captureOutput } from "../../system/process/capture-output.ts";
import { removeTree } from "../../system/remove-tree.ts";
import { type SandboxTools, sandboxCommand } from "../sandbox.ts";
import { baseEnvironment } from "./environment.ts";
import { findHostToolchain, findInPath } from "./host-toolchain.ts";
import { writeIdentityFiles } from "./identity.ts";

export type SandboxProbe =
  | { readonly available: true; readonly tools: SandboxTools }
  | {
      readonly available: false;
      /** One line, without a full stop. */
      readonly reason: string;
      readonly hint: string;
    };

export interface ProbeEnvironment {
  /** PATH of the user. */
  readonly path: string;
  readonly platform: NodeJS.Platform;
  /** Where a directory may be made for the trial. */
  readonly directory: string;
}

/**
 * Finds bubblewrap and tries it as a build would use it; takes some 20 ms. None is available only where bubblewrap is missing
 * or the system forbids what it needs: what else keeps it from working here and now turns no sandbox off.
 * @throws StoreError NO_SPACE, FAILED
 */
export async function probeSandbox(env: ProbeEnvironment): Promise<SandboxProbe> {
  if (env.platform !== "linux") {
    return { available: false, reason: `there is no sandbox on ${env.platform}`, hint: "Builds run without one here." };
  }
  const bubblewrap = findInPath("bwrap", `${env.path}:/usr/bin:/usr/local/bin`);
  if (bubblewrap === undefined) {
    return { available: false, reason: "bubblewrap is not installed", hint: "Install the package bubblewrap." };
  }
  const { stdout } = await captureOutput(bubblewrap, ["--version"], { cwd: "/", env: {} });
  const version = stdout
    .toString()
    .trim()
    .replace(/^bubblewrap /, "");
  const tools = { bubblewrap, version, toolchain: findHostToolchain(env.path) };
  let complaint = "";
  for (const features of FEATURES) {
    const trial = await tryTools({ ...tools, ...features }, env.directory);
    if (trial === undefined) return { available: true, tools: { ...tools, ...features } };
    // The kernel says the same of namespaces where it allows none.
    if (saysNoSpace(trial) && !/^bwrap: Creating new namespace/.test(trial)) throw noSpaceAt(env.directory);
    complaint = trial;
  }
  return { available: false, ...explain(complaint) };
}

const FEATURES = [
  { sizes: true, disableUserns: true },
  { sizes: true, disableUserns: false },
  { sizes: false, disableUserns: false },
] as const;

/** What went wrong, or `undefined`. */
async function tryTools(tools: SandboxTools, directory: string): Promise<string | undefined> {
  const home = mkdtempSync(join(directory, "sandbox-trial.tmp-"));
  try {
    const buildDirectory = join(home, "build");
    const identityDirectory = join(home, "etc");
    mkdirSync(buildDirectory);
    writeIdentityFiles(identityDirectory);
    const { command, args } = sandboxCommand({
      tools,
      identityDirectory,
      buildDirectory,
      binds: [],
      command: [tools.toolchain.bash, "--norc", "-c", "echo works >/build/trial"],
      env: baseEnvironment(tools.toolchain.path),
    });
    const result = await captureOutput(command, args, { cwd: "/", env: {}, timeoutMs: 30_000 });
    if (result.exitCode === 0 && readTextIfPresent(join(buildDirectory, "trial")) === "works\n") return undefined;
    return result.stderr.toString().trim() || `bubblewrap ended with ${result.signal ?? result.exitCode}`;
  } finally {
    removeTree(home);
  }
}

/**
 * bubblewrap says which call failed; people need to know who forbids it.
 * @throws StoreError FAILED when nobody does
 */
function explain(complaint: string): { readonly reason: string; readonly hint: string } {
  const said = complaint.split("\n")[0]!.replace(/^bwrap: /, "");
  refuseOther(said);
  const forbidden = ["user/max_user_namespaces", "kernel/unprivileged_userns_clone"].some(
    (name) => sysctl(name) === "0",
  );
  if (forbidden || said.includes("ENOSPC")) {
    return {
      reason: `this system forbids user namespaces (${said})`,
      hint: "An administrator can allow them: sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000",
    };
  }
  if (sysctl("kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return {
      reason: `AppArmor forbids user namespaces (${said})`,
      hint: "An administrator can allow them for bwrap by an AppArmor profile with the rule 'userns,'.",
    };
  }
  return {
    reason: `this system forbids what bubblewrap needs (${said})`,
    hint: "In a container allow user namespaces and an unmasked /proc (for example --security-opt systempaths=unconfined and seccomp=unconfined).",
  };
}

/** What bubblewrap says where a kernel, a container or a security module forbids its namespaces and mounts. */
const FORBIDDEN =
  /namespace|uid map|gid map|Operation not permitted|mount proc|pivot_root|make \/ slave|loopback|setuid|capabilities|not implemented/i;

/** What is no matter of permission to make namespaces, whatever else it says. */
const NOT_FORBIDDEN =
  /^Can't find source path|Resource temporarily unavailable|Cannot allocate memory|Too many open files/i;

/** @throws StoreError FAILED */
function refuseOther(said: string): void {
  if (FORBIDDEN.test(said) && !NOT_FORBIDDEN.test(said)) return;
  const hint = /^Can't find source path .*: Permission denied$/.test(said)
    ? "Inside, not even root may enter directories of others: build as the owner of the store, or with --sandbox off."
    : "Try `bwrap --ro-bind / / true` by hand; --sandbox off builds without.";
  throw new StoreError("FAILED", `bubblewrap does not work here: ${said}`, { hint });
}

function sysctl(name: string): string | undefined {
  return readTextIfPresent(`/proc/sys/${name}`)?.trim();
}
