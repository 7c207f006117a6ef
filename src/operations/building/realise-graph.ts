import { availableParallelism } from "node:os";
import type { BuildGraph } from "../../build/build-plan.ts";
import { fingerprintText, hostFingerprint } from "../../build/host-fingerprint.ts";
import { realise } from "../../build/realise.ts";
import type { PrepareKnown, Realised, RealiseOptions } from "../../build/realise-options.ts";
import { findHostToolchain } from "../../build/sandbox/host-toolchain.ts";
import { probeSandbox } from "../../build/sandbox/probe-sandbox.ts";
import type { SandboxTools } from "../../build/sandbox.ts";
import { StoreError } from "../../errors.ts";
import type { Store } from "../../store/open-store.ts";
import { refuseReadOnly } from "../../store/refuse-read-only.ts";
import { createJobserver } from "../../system/jobserver.ts";
import { createPipeSupply } from "../../system/process/fifo.ts";
import { createLauncher } from "../../system/process/launcher.ts";
import { collectWhenShort } from "../collection/collect-when-short.ts";
import type { RunOptions } from "../run-options.ts";
import type { Workspace } from "../workspace.ts";
import type { BuildSettings, SandboxMode } from "./build-settings.ts";
import { createFetchContext } from "./fetch-context.ts";

interface RealiseRequest extends RunOptions {
  readonly request: BuildSettings;
  readonly workspace: Workspace;
  /** As in `RealiseOptions`. */
  readonly prepare?: PrepareKnown | undefined;
}

/** Builds a graph as the request's settings say. */
export async function realiseGraph(
  store: Store,
  graph: BuildGraph,
  options: RealiseRequest,
): Promise<readonly Realised[]> {
  await using room = await collectWhenShort(store, options);
  using setting = await openBuildSetting(store, options);
  return await realise(store, graph, { ...setting.options, freeRoom: () => room.freeNow() });
}

/** What all builds of one command share; disposed of when they are done. */
export async function openBuildSetting(
  store: Store,
  options: RealiseRequest,
): Promise<Disposable & { readonly options: RealiseOptions }> {
  refuseReadOnly(store);
  const { request, workspace } = options;
  const room = (): { readonly path: string } => workspace.room();
  const sandbox = await chooseSandbox(store, request.sandbox ?? "auto", options);
  const hostPath = sandbox?.toolchain.path ?? findHostToolchain(store.context.env.PATH ?? "").path;
  const jobs = request.jobs ?? availableParallelism();
  const jobserver = await createJobserver(jobs, room().path);
  const pipes = createPipeSupply(room().path);
  const launcher = sandbox && createLauncher(sandbox.toolchain.bash);
  const settings: RealiseOptions = {
    sandbox,
    hostPath,
    host: JSON.parse(fingerprintText(await hostFingerprint({ path: hostPath }))),
    jobs,
    jobserver,
    prepare: options.prepare,
    pipes,
    launcher,
    lease: workspace.lease,
    limits: {
      timeoutMs: milliseconds(request.timeoutSeconds),
      silentTimeoutMs: milliseconds(request.silentTimeoutSeconds),
      maxLogBytes: request.maxLogBytes,
      maxDiskBytes: request.maxDiskBytes,
    },
    signal: options.signal,
    keepGoing: request.keepGoing ?? false,
    keepFailed: request.keepFailed ?? false,
    requireSandboxed: request.sandbox === "required",
    metadata: request.define ?? {},
    places: { context: createFetchContext(store, request, options), room },
    onEvent: (event) => {
      if (event.kind === "warning") options.onEvent?.({ kind: "warning", message: event.message });
      options.onEvent?.({ kind: "building", event });
    },
  };
  const dispose = (): void => {
    launcher?.[Symbol.dispose]();
    jobserver[Symbol.dispose]();
  };
  return { options: settings, [Symbol.dispose]: dispose };
}

/** @throws StoreError UNSUPPORTED when a sandbox is required and there is none */
async function chooseSandbox(store: Store, mode: SandboxMode, run: RealiseRequest): Promise<SandboxTools | undefined> {
  if (mode === "off") return undefined;
  const path = store.context.env.PATH ?? "";
  const probe = await probeSandbox({ path, platform: process.platform, directory: run.workspace.room().path });
  if (probe.available) return probe.tools;
  if (mode === "required")
    throw new StoreError("UNSUPPORTED", `there is no sandbox here: ${probe.reason}`, { hint: probe.hint });
  const message = `builds run without a sandbox: ${probe.reason}`;
  run.onEvent?.({ kind: "warning", message, hint: `${probe.hint} Such outputs are recorded as not sandboxed.` });
  return undefined;
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
