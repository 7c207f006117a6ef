import type { BuildRecord } from "../model/build-record.ts";
import type { Json } from "../model/canonical-json.ts";
import type { DerivationKey } from "../model/derivation.ts";
import type { Phase } from "../model/recipe.ts";
import type { Lease } from "../store/leases.ts";
import type { PlannedPackage } from "./build-plan.ts";
import type { SourcePlaces } from "./build-sources.ts";
import type { PreparedBuild } from "./prepare-build.ts";
import type { RunnerOptions } from "./run-phases.ts";

/** What became of one package of a graph. */
export type Realised =
  | {
      readonly id: string;
      readonly state: "reused" | "built";
      readonly key: DerivationKey;
      readonly record: BuildRecord;
    }
  | { readonly id: string; readonly state: "failed"; readonly error: unknown }
  /** The user ended it; told of what had begun. */
  | { readonly id: string; readonly state: "interrupted" }
  /** A package that it needs failed. */
  | { readonly id: string; readonly state: "skipped"; readonly because: string };

export type RealiseEvent =
  /** Everything that will be looked at, dependencies first. */
  | { readonly kind: "planned"; readonly ids: readonly string[] }
  /** Comes before the first build: seconds that the last build of each package took, where there was one. */
  | { readonly kind: "expected"; readonly seconds: Readonly<Record<string, number>> }
  | { readonly kind: "started"; readonly id: string; readonly key: DerivationKey }
  | { readonly kind: "phase"; readonly id: string; readonly phase: Phase }
  | { readonly kind: "line"; readonly id: string; readonly line: string }
  | { readonly kind: "warning"; readonly id: string; readonly message: string }
  /** Something that a person may like to know, and that asks for nothing. */
  | { readonly kind: "note"; readonly id: string; readonly message: string; readonly hint: string }
  | { readonly kind: "waiting"; readonly id: string }
  | { readonly kind: "finished"; readonly result: Realised };

export type PrepareKnown = (planned: PlannedPackage, host: Json) => PreparedBuild;

export interface RealiseOptions extends RunnerOptions {
  /** Go on with what does not need a package that failed. */
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  /** Refuse outputs that were made without a sandbox. */
  readonly requireSandboxed: boolean;
  readonly host: Json;
  /** Keeps what is built, and what it is built from, from being collected. */
  readonly lease: Lease;
  readonly places: SourcePlaces;
  /** What building a package means, where that is known and not to be found out from its recipe. */
  readonly prepare?: PrepareKnown | undefined;
  /** Further fields for the metadata in the manifests. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Called when a build found the disk full; when it freed some bytes, that build is tried once more. */
  readonly freeRoom?: (() => Promise<number>) | undefined;
  readonly onEvent: (event: RealiseEvent) => void;
}
