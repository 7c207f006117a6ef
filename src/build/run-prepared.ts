import type { BaseName } from "../model/ids.ts";
import { fetchAll } from "../sources/fetch-all.ts";
import type { FetchContext } from "../sources/fetch-context.ts";
import { isSourceKept } from "../sources/kept-sources.ts";
import { readManifest } from "../store/manifests.ts";
import type { Store } from "../store/open-store.ts";
import type { PlannedPackage } from "./build-plan.ts";
import type { PreparedBuild } from "./prepare-build.ts";
import type { RealiseOptions } from "./realise-options.ts";
import { type BuildResult, runBuild } from "./run-build.ts";
import { namingPackage } from "./source-failure.ts";

/** Carries out one prepared build; nothing of it is committed. */
export async function runPrepared(
  store: Store,
  planned: PlannedPackage,
  prepared: PreparedBuild,
  options: RealiseOptions & { readonly room: string; readonly forComparison?: boolean; readonly replace?: boolean },
): Promise<BuildResult> {
  const { id } = planned;
  const { room } = options;
  await fetchMissing(prepared.sources, options.places.context, options.signal).catch((error: unknown) => {
    throw namingPackage(error, id);
  });
  return runBuild(store, {
    ...options,
    ...prepared,
    planned,
    visible: closureOf(
      store,
      prepared.inputs.map(({ path }) => path),
    ),
    room,
    limits: limitsOf(planned, options),
    onPhase: (phase) => options.onEvent({ kind: "phase", id, phase }),
    onLine: (line) => options.onEvent({ kind: "line", id, line }),
    onWarning: (message) => options.onEvent({ kind: "warning", id, message }),
    onNote: (message, hint) => options.onEvent({ kind: "note", id, message, hint }),
  });
}

/** Several at once; a single one is fetched where it is needed. */
async function fetchMissing(
  sources: PreparedBuild["sources"],
  context: FetchContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing = sources.flatMap(({ request }) => (request && !isSourceKept(context, request) ? [request] : []));
  if (missing.length > 1) await fetchAll({ ...context, signal }, missing);
}

function limitsOf({ recipe }: PlannedPackage, { limits }: RealiseOptions): RealiseOptions["limits"] {
  return {
    ...limits,
    timeoutMs: limits.timeoutMs ?? (recipe.timeout === undefined ? undefined : recipe.timeout * 1000),
    silentTimeoutMs:
      limits.silentTimeoutMs ?? (recipe.silentTimeout === undefined ? undefined : recipe.silentTimeout * 1000),
  };
}

/** These objects and all that they need at run time. */
function closureOf(store: Store, objects: readonly BaseName[]): BaseName[] {
  const found = new Set<BaseName>();
  const waiting = [...objects];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...readManifest(store, next).references);
  }
  return [...found].sort();
}
