import { fingerprintText, hostFingerprint } from "../../build/host-fingerprint.ts";
import { type InspectGraphOptions, inspectGraph, type Standing } from "../../build/inspect-graph.ts";
import { findHostToolchain } from "../../build/sandbox/host-toolchain.ts";
import { StoreError } from "../../errors.ts";
import { type Derivation, type DerivationKey, printDerivation } from "../../model/derivation.ts";
import type { Store } from "../../store/open-store.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { type BuildRequest, planBuild } from "./build.ts";
import type { BuildSettings } from "./build-settings.ts";
import { createFetchContext } from "./fetch-context.ts";

/** The state of every package that a request needs, dependencies first. */
export async function inspectBuild(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly Standing[]> {
  using setting = await openInspection(store, request, run);
  return [...(await inspectGraph(store, planBuild(request), setting)).values()];
}

export interface InspectionSetting extends InspectGraphOptions, Disposable {}

/** What it takes to look at a build without carrying it out. */
export async function openInspection(
  store: Store,
  request: BuildSettings,
  run: RunOptions,
): Promise<InspectionSetting> {
  const workspace = openWorkspace(store);
  const { path } = findHostToolchain(store.context.env.PATH ?? "");
  const host = JSON.parse(fingerprintText(await hostFingerprint({ path })));
  const places = { context: createFetchContext(store, request, run), room: () => workspace.room() };
  const requireSandboxed = request.sandbox === "required";
  return { places, host, requireSandboxed, [Symbol.dispose]: () => workspace[Symbol.dispose]() };
}

export interface ShownDerivation {
  readonly id: string;
  readonly key: DerivationKey;
  readonly derivation: Derivation;
  /** RFC 8785 text: what the key is the SHA-256 of. */
  readonly text: string;
}

/**
 * The derivations of the packages that are asked for.
 * @throws StoreError NOT_FOUND when one depends on packages that are not built yet
 */
export async function showDerivations(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly ShownDerivation[]> {
  const standings = await inspectBuild(store, request, run);
  const wanted = new Set(planBuild(request).wanted);
  return standings
    .filter(({ planned }) => wanted.has(planned.id))
    .map((standing) => {
      const { id } = standing.planned;
      if (standing.state === "open") throw notBuilt(id, standing.waitsFor);
      const { derivation, key } = standing.prepared;
      return { id, key, derivation, text: printDerivation(derivation) };
    });
}

function notBuilt(id: string, waitsFor: readonly string[]): StoreError {
  return new StoreError("NOT_FOUND", `the derivation of ${id} is not known before ${waitsFor.join(", ")} is built`, {
    hint: "Inputs are named by what they came out as: build them first.",
    details: { id, waitsFor },
  });
}
