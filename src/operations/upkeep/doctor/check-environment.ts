import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { findInPath } from "../../../build/sandbox/host-toolchain.ts";
import { probeSandbox } from "../../../build/sandbox/probe-sandbox.ts";
import { type Diagnosis, judgeLocale, judgeNode, judgePath } from "../../../model/diagnosis.ts";
import type { ProfileName } from "../../../model/ids.ts";
import { livePath } from "../../../store/instdir.ts";
import { currentPath } from "../../../store/layout.ts";
import type { Store } from "../../../store/open-store.ts";
import { toldError } from "./told.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The oldest Node that works, as package.json says. */
const OLDEST_NODE = "20.19";

/** What needs no store: Node, the sandbox for builds, programs, the locale. */
export async function checkMachine(env: Environment, directory: string): Promise<Diagnosis[]> {
  return [
    judgeNode(process.version, OLDEST_NODE),
    await checkSandbox(env, directory).catch((error: unknown) => toldError("sandbox", error)),
    checkPrograms(env.PATH ?? ""),
    judgeLocale(env),
  ];
}

async function checkSandbox(env: Environment, directory: string): Promise<Diagnosis> {
  const probe = await probeSandbox({ path: env.PATH ?? "", platform: process.platform, directory });
  const topic = "sandbox";
  if (probe.available)
    return { topic, state: "ok", text: `bubblewrap ${probe.tools.version} and user namespaces work` };
  return { topic, state: "warn", text: `builds run without a sandbox: ${probe.reason}`, advice: probe.hint };
}

/** Not needed for everything; without each something does not work. */
const PROGRAMS = [
  ["cc", "builds"],
  ["make", "builds"],
  ["bash", "builds"],
  ["git", "git sources"],
  ["xz", "fast unpacking of .xz"],
  ["zstd", "fast unpacking of .zst"],
] as const;

function checkPrograms(path: string): Diagnosis {
  const missing = PROGRAMS.filter(([program]) => findInPath(program, `${path}:/usr/bin:/bin`) === undefined);
  const topic = "programs";
  if (missing.length === 0) return { topic, state: "ok", text: PROGRAMS.map(([program]) => program).join(", ") };
  const text = `missing: ${missing.map(([program, use]) => `${program} (for ${use})`).join(", ")}`;
  return { topic, state: "warn", text, advice: "Install those that you need with the system's package manager." };
}

/** Whether the shell that this runs in finds the profile's programs first. */
export function checkSearchPath(store: Store, profile: ProfileName, env: Environment): Diagnosis {
  const directories = (env.PATH ?? "").split(":");
  const places = [livePath(store, profile), currentPath(store.layout, profile)].map((path) => join(path, "bin"));
  const profileBin = places.find((path) => directories.includes(path)) ?? (places[0] as string);
  if (!existsSync(profileBin)) return { topic: "path", state: "ok", text: `profile '${profile}' has no commands` };
  const before = directories.slice(0, Math.max(0, directories.indexOf(profileBin)));
  const shadowed = readdirSync(profileBin)
    .sort()
    .flatMap((command) => {
      const other = before.map((directory) => join(directory, command)).find(isProgram);
      return other === undefined ? [] : [[command, other] as const];
    });
  return judgePath({ directories, profileBin, shadowed });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
