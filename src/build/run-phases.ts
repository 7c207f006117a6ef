import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DerivationKey } from "../model/derivation.ts";
import {
  type BaseName,
  baseNameOf,
  type Digest,
  digestOfSum,
  type PackageName,
  type PackageVersion,
  ZERO_DIGEST,
} from "../model/ids.ts";
import type { ResolvedText } from "../model/recipe/resolved-recipe.ts";
import type { Phase } from "../model/recipe.ts";
import { objectPath } from "../store/layout.ts";
import { buildMarker } from "../store/left-builds.ts";
import type { Store } from "../store/open-store.ts";
import { canonicalView } from "../store/twins.ts";
import { type Jobserver, jobserverFlags } from "../system/jobserver.ts";
import type { PipeSupply } from "../system/process/fifo.ts";
import type { Launcher } from "../system/process/launcher.ts";
import { type ProcessResult, runProcess } from "../system/process.ts";
import type { BuildRoom } from "./build-room.ts";
import { fillText, type TextPaths } from "./fill-text.ts";
import { phaseCommand } from "./phase-script.ts";
import { baseEnvironment } from "./sandbox/environment.ts";
import { findInPath } from "./sandbox/host-toolchain.ts";
import { limitedCommand, SANDBOX_LIMITS } from "./sandbox/limits.ts";
import { runInSandbox } from "./sandbox/run-in-sandbox.ts";
import { SANDBOX_BUILD_DIRECTORY, type SandboxBind, type SandboxTools } from "./sandbox.ts";

export interface BuildLimits {
  readonly timeoutMs?: number | undefined;
  readonly silentTimeoutMs?: number | undefined;
  readonly maxLogBytes?: number | undefined;
  readonly maxDiskBytes?: number | undefined;
}

export interface RunnerOptions {
  /** Absent: the build runs without a sandbox. */
  readonly sandbox: SandboxTools | undefined;
  /** PATH of the host's tools. */
  readonly hostPath: string;
  readonly jobs: number;
  readonly jobserver: Jobserver;
  /** For the output of the builds. */
  readonly pipes: PipeSupply;
  /** Starts the sandboxes. */
  readonly launcher: Launcher | undefined;
  /** Variables for a `store` that a build without a sandbox starts: what is held until it ends (`tellHeldLock`). */
  readonly held?: Readonly<Record<string, string>> | undefined;
  readonly limits: BuildLimits;
  readonly signal?: AbortSignal | undefined;
}

/** Where a build finds things: its own view, and the same here. */
export interface BuildPlace {
  readonly room: BuildRoom;
  readonly sandboxed: boolean;
  /** Where the output appears on this machine. */
  readonly output: string;
  /** The base name under which it is made. */
  readonly selfName: string;
  readonly paths: TextPaths;
  /** The directories of sources and scripts as the build sees them. */
  readonly source: string;
  readonly scripts: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly SandboxBind[];
  input(path: BaseName): { readonly here: string; readonly seen: string };
  fill(text: ResolvedText): string;
}

interface PlaceRequest extends RunnerOptions {
  readonly key: DerivationKey;
  readonly derivation: {
    readonly name: PackageName;
    readonly version: PackageVersion;
    readonly addressing: "content" | "input";
  };
  readonly inputs: readonly { readonly name: PackageName; readonly path: BaseName }[];
  readonly visible: readonly BaseName[];
}

/**
 * The world of a build. In the sandbox an output that is named by its content is made at the canonical path, from
 * inputs as they would lie there. Without a sandbox, or when it is named by its derivation, it is made in the local
 * storeDir, at a name that follows from the key.
 */
export function placeOf(store: Store, room: BuildRoom, request: PlaceRequest): BuildPlace {
  const { name, version, addressing } = request.derivation;
  const canonical = request.sandbox !== undefined && addressing === "content";
  const storeDir = canonical ? store.layout.canonicalStoreDir : store.layout.storeDir;
  const digest: Digest = canonical ? ZERO_DIGEST : digestOfSum(request.key);
  const selfName = baseNameOf(digest, name, version);
  const input = (path: BaseName) => ({ here: objectPath(store.layout, path), seen: `${storeDir}/${path}` });
  const view = (path: BaseName): string => (canonical ? canonicalView(store, path) : objectPath(store.layout, path));
  const paths: TextPaths = {
    dependencies: new Map(request.inputs.map((each) => [each.name, input(each.path).seen])),
    out: `${storeDir}/${selfName}`,
  };
  const shared = { room, selfName, paths, input, fill: (text: ResolvedText) => fillText(text, paths) };
  if (!request.sandbox) {
    const environment = { ...baseEnvironment(request.hostPath), HOME: join(room.path, "home"), TMPDIR: room.scratch };
    const output = paths.out;
    return { ...shared, sandboxed: false, output, source: room.source, scripts: room.scripts, environment, binds: [] };
  }
  return {
    ...shared,
    sandboxed: true,
    output: join(room.world, selfName),
    source: "/source",
    scripts: "/phases",
    environment: baseEnvironment(request.sandbox.toolchain.path),
    binds: [
      { from: room.world, to: storeDir, writable: true },
      ...request.visible.map((path) => ({ from: view(path), to: `${storeDir}/${path}` })),
      { from: room.source, to: "/source" },
      { from: room.scripts, to: "/phases" },
    ],
  };
}

/** Runs the phases in their place; when it returns nothing of the build is alive. */
export async function runPhases(
  place: BuildPlace,
  environment: Readonly<Record<string, string>>,
  options: RunnerOptions & {
    readonly phases: Readonly<Partial<Record<Phase, string>>>;
    readonly onOutput: (chunk: Buffer) => void;
  },
): Promise<ProcessResult> {
  using connection = options.jobserver.connect();
  const { limits } = options;
  const { room } = place;
  const env = { ...environment, MAKEFLAGS: makeflags(options.jobserver.total, environment.MAKEFLAGS) };
  const common = {
    fds: connection.fds,
    onOutput: options.onOutput,
    signal: options.signal,
    timeoutMs: limits.timeoutMs,
    silentTimeoutMs: limits.silentTimeoutMs,
    maxOutputBytes: limits.maxLogBytes,
    pipeDirectory: room.scratch,
    pipes: options.pipes,
    launcher: options.launcher,
    ...(limits.maxDiskBytes !== undefined && {
      disk: { paths: [room.path, place.output], maxBytes: limits.maxDiskBytes },
    }),
  };
  if (options.sandbox) {
    const command = phaseCommand(options.phases, place.scripts, options.sandbox.toolchain.bash);
    const spec = {
      tools: options.sandbox,
      identityDirectory: room.identity,
      binds: place.binds,
      buildDirectory: room.build,
    };
    return await runInSandbox({ ...spec, command, env, cwd: SANDBOX_BUILD_DIRECTORY }, common);
  }
  mkdirSync(join(room.path, "home"));
  const bash = findInPath("bash", options.hostPath) ?? "/bin/bash";
  // Outside of a sandbox the kernel would count the user's whole session as processes of the build.
  const sandboxLimits = { ...SANDBOX_LIMITS, processes: undefined };
  const told = { ...env, ...options.held };
  const [command = bash, ...args] = limitedCommand(phaseCommand(options.phases, place.scripts, bash), {
    bash,
    limits: sandboxLimits,
    env: told,
    fds: 2,
  });
  return await runProcess(command, args, { ...common, cwd: room.build, env: told, marker: buildMarker(place.source) });
}

/** The way to the jobserver, and behind it the recipe's own flags, which win: so `-j1` makes one job at a time. */
function makeflags(total: number, own = ""): string {
  const [first = ""] = own.trim().split(/\s/, 1);
  // As make reads it: letters alone at the beginning are options.
  const letters = first !== "" && !first.startsWith("-") && !first.includes("=");
  return `${jobserverFlags(total, { fds: [3, 4] })} ${letters ? "-" : ""}${own.trim()}`.trim();
}
