import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, join, posix } from "node:path";
import { StoreError } from "../errors.ts";
import type { ResolvedRecipe } from "../model/recipe/resolved-recipe.ts";
import { runInteractive } from "../system/process/run-interactive.ts";
import { type BuildRoom, buildRoomAt } from "./build-room.ts";
import type { BuildPlace } from "./run-phases.ts";
import { runInSandboxInteractively } from "./sandbox/run-in-sandbox.ts";
import { SANDBOX_BUILD_DIRECTORY, type SandboxBind, type SandboxTools } from "./sandbox.ts";

/** What is kept of a failed build beside its tree, so that a person can look around in it. */
interface DebugSpec {
  /** Where the room was: paths below it have moved with it. */
  readonly room: string;
  readonly sandboxed: boolean;
  readonly phase: string | undefined;
  /** Where in the build directory the phase began; empty: there. */
  readonly directory: string;
  readonly scripts: string;
  readonly binds: readonly SandboxBind[];
  readonly environment: Readonly<Record<string, string>>;
}

const FILE = "debug.json";

export function writeDebugSpec(
  place: BuildPlace,
  { phase, recipe, environment }: Pick<DebugSpec, "phase" | "environment"> & { readonly recipe: ResolvedRecipe },
): void {
  const { room, sandboxed, scripts, binds, output } = place;
  const directory = beginningOf(phase, recipe, room);
  const kept = (text: string): string => (sandboxed ? text : text.replaceAll(output, () => keptOutput(place)));
  const seen = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, kept(value)]));
  const spec: DebugSpec = { room: room.path, sandboxed, phase, directory, scripts, binds, environment: seen };
  writeFileSync(join(room.path, FILE), JSON.stringify(spec));
}

/** Where the output of a failed build lies in its room: nothing but what is valid stays in the storeDir. */
export function keptOutput({ room, selfName }: Pick<BuildPlace, "room" | "selfName">): string {
  return join(room.world, selfName);
}

/** The directory in which a phase began, if the build came so far as to have it. */
function beginningOf(phase: string | undefined, { directory = "" }: ResolvedRecipe, { build }: BuildRoom): string {
  const isInside = phase !== undefined && phase !== "unpack" && phase !== "patch";
  return isInside && existsSync(join(build, directory)) ? directory : "";
}

/**
 * Opens a shell where a build failed: the same sandbox, environment and files, but for what the sandbox had in memory alone.
 * Ends when the person leaves the shell, with its exit status.
 * @throws StoreError NOT_FOUND when the tree, or what the build was given, is not there, UNSUPPORTED when the build had a sandbox and there is none now
 */
export async function debugBuild(path: string, sandbox: SandboxTools | undefined): Promise<number> {
  const spec = readSpec(path);
  if (spec.sandboxed && !sandbox) throw noSandbox();
  const room = buildRoomAt(path);
  const move = (text: string): string => text.replaceAll(spec.room, path);
  const environment = Object.fromEntries(Object.entries(spec.environment).map(([name, value]) => [name, move(value)]));
  const env = { ...environment, PS1: `[${spec.phase ?? "build"}] \\w \\$ `, TERM: process.env.TERM ?? "dumb" };
  const binds = spec.binds.map((bind) => ({ ...bind, from: move(bind.from) }));
  const inputs = Object.entries(environment).flatMap(([name, value]) => (name.startsWith("dep_") ? [value] : []));
  const gone = (spec.sandboxed ? binds.map(({ from }) => from) : inputs).filter((each) => !existsSync(each));
  if (gone.length > 0) throw collected(gone);
  const { exitCode, signal } =
    spec.sandboxed && sandbox
      ? await enterSandbox({ room, binds, env, sandbox }, spec.directory)
      : await runInteractive("bash", ["--norc"], { cwd: join(room.build, spec.directory), env });
  return signal === null ? (exitCode ?? 1) : 128 + constants.signals[signal];
}

interface Entering {
  readonly room: BuildRoom;
  readonly binds: readonly SandboxBind[];
  readonly env: Record<string, string>;
  readonly sandbox: SandboxTools;
}

function enterSandbox({ room, binds, env, sandbox }: Entering, directory: string) {
  const command = [sandbox.toolchain.bash, "--norc"];
  const spec = { tools: sandbox, identityDirectory: room.identity, binds, buildDirectory: room.build };
  return runInSandboxInteractively({ ...spec, command, env, cwd: posix.join(SANDBOX_BUILD_DIRECTORY, directory) });
}

function noSandbox(): StoreError {
  return new StoreError("UNSUPPORTED", "the build ran in a sandbox, and there is none here now", {
    hint: "Install bubblewrap, or build it again with --sandbox=off --keep-failed.",
  });
}

function collected(paths: readonly string[]): StoreError {
  const names = paths.map((path) => basename(path)).sort();
  return new StoreError("NOT_FOUND", `what the build was given is not in the store any more: ${names.join(", ")}`, {
    hint: "Build it again with --keep-failed.",
    details: { missing: names },
  });
}

function readSpec(path: string): DebugSpec {
  try {
    return JSON.parse(readFileSync(join(path, FILE), "utf8")) as DebugSpec;
  } catch (cause) {
    throw new StoreError("NOT_FOUND", `there is no tree of a failed build in ${path}`, {
      hint: "Build it again with --keep-failed.",
      cause,
    });
  }
}
