import type { BuildGraph } from "../../build/build-plan.ts";
import type { Realised } from "../../build/realise-options.ts";
import { StoreError } from "../../errors.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import type { BuiltPackage } from "./build.ts";

/**
 * What came out for the packages that a graph was asked for.
 * @throws StoreError naming every build that failed or was skipped; what came out all the same is `built` in its details
 */
export function wantedOutputs(store: Store, graph: BuildGraph, results: readonly Realised[]): BuiltPackage[] {
  const byId = new Map(results.map((result) => [result.id, result]));
  const built = graph.wanted.flatMap((id) => builtOf(store, byId.get(id)) ?? []);
  const failures = results.filter(({ state }) => state === "failed" || state === "skipped");
  if (failures.length > 0) throw withBuilt(buildsFailed(failures), built);
  return built;
}

function builtOf(store: Store, result: Realised | undefined): BuiltPackage | undefined {
  if (result?.state !== "built" && result?.state !== "reused") return undefined;
  const { name, version, options } = result.record.derivation;
  const baseName = result.record.output;
  return {
    path: objectPath(store.layout, baseName),
    baseName,
    name,
    version,
    options,
    key: result.key,
    built: result.state === "built",
  };
}

function withBuilt(error: unknown, built: readonly BuiltPackage[]): unknown {
  if (!(error instanceof StoreError) || built.length === 0) return error;
  const { code, message, hint, details } = error;
  return new StoreError(code, message, {
    ...(hint !== undefined && { hint }),
    details: { ...details, built },
    cause: error,
  });
}

function buildsFailed(failures: readonly Realised[]): unknown {
  const failed = failures.flatMap((result) => (result.state === "failed" ? [result] : []));
  const skipped = failures.flatMap((result) =>
    result.state === "skipped" ? [`${result.id} was skipped: ${result.because} failed`] : [],
  );
  const [first] = failed;
  if (failed.length === 1 && first && skipped.length === 0) return first.error;
  const unexpected = failed.find(({ error }) => !(error instanceof StoreError));
  if (unexpected) return unexpected.error;
  const errors = failed.map(({ error }) => error as StoreError).filter(({ code }) => code !== "INTERRUPTED");
  const message = [...errors.map((error) => error.message), ...skipped].join("\n");
  return new StoreError(errors[0]?.code ?? "BUILD_FAILED", message, {
    hint: errors[0]?.hint ?? "Run the command again; what was built is kept.",
    details: { failed: failed.map(({ id }) => id), errors: errors.map(({ details }) => details) },
  });
}
