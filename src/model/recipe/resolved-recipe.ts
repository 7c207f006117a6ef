import type { PackageName, PackageVersion } from "../ids.ts";
import type { BuildSystem, DependencyKind, Phase } from "../recipe.ts";
import type { OptionValues } from "./options.ts";
import type { Platform } from "./platform.ts";
import type { VersionRange } from "./version-range.ts";

/** A recipe with everything decided but where its dependencies and its output will lie. Plain data. */
export interface ResolvedRecipe {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly summary?: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly platform: Platform;
  readonly options: OptionValues;
  readonly sources: readonly ResolvedSource[];
  readonly patches: readonly ResolvedPatch[];
  readonly dependencies: readonly ResolvedDependency[];
  readonly build: BuildSystem;
  readonly env: Readonly<Record<string, ResolvedText>>;
  /** Where in the build directory the phases after `patch` start; absent: there. */
  readonly directory?: string;
  /** The shell text of each phase that has something to do. */
  readonly phases: Readonly<Partial<Record<Phase, ResolvedText>>>;
  readonly references: { readonly allow?: readonly string[]; readonly disallow: readonly string[] };
  readonly addressing: "content" | "input";
  readonly timeout?: number;
  readonly silentTimeout?: number;
}

/** A text of which only store paths are still missing. */
export type ResolvedText = readonly ResolvedPart[];
export type ResolvedPart =
  | { readonly kind: "text"; readonly text: string }
  /** The store path of this dependency. */
  | { readonly kind: "dependency"; readonly name: string }
  /** The path of the output. */
  | { readonly kind: "output" };

export type ResolvedSource =
  | (ResolvedPlacing & { readonly kind: "fetched"; readonly urls: readonly string[]; readonly integrity?: string })
  /** `path` is relative to the recipe directories: `<recipe>/<path>`. */
  | (ResolvedPlacing & { readonly kind: "path"; readonly path: string })
  /** `path` is absolute, or relative as the name of the recipe file is. */
  | (ResolvedPlacing & { readonly kind: "worktree"; readonly path: string });

interface ResolvedPlacing {
  /** Where the source lies in `$src`. */
  readonly fileName: string;
  /** A directory in the build directory; empty: the build directory itself. */
  readonly to: string;
  readonly strip?: number;
  readonly unpack: boolean;
}

export interface ResolvedPatch {
  /** Relative to the recipe directories, as escaped by `toEscaped`: `<recipe>/<path>`. */
  readonly path: string;
  /** Where the patch lies in `$src`. */
  readonly fileName: string;
  readonly strip: number;
}

export interface ResolvedDependency {
  readonly name: PackageName;
  readonly kinds: readonly DependencyKind[];
  /** The version must be in each of them. */
  readonly ranges: readonly VersionRange[];
  readonly options: OptionValues;
  /** As in `Dependency`. */
  readonly orderOnly?: true;
}
