import type { PackageName, PackageVersion } from "./ids.ts";
import type { Expression } from "./recipe/expression.ts";
import type { Place, Where } from "./recipe/place.ts";
import type { TemplatePart } from "./recipe/template.ts";
import type { VersionRange } from "./recipe/version-range.ts";

export const BUILD_SYSTEMS = ["autotools", "cmake", "meson", "make", "python", "copy", "script"] as const;
export type BuildSystem = (typeof BUILD_SYSTEMS)[number];

/** The phases of a build, in the order in which they run. */
export const PHASES = ["unpack", "patch", "configure", "build", "check", "install"] as const;
export type Phase = (typeof PHASES)[number];

/** Tools of the build, libraries to link, programs that the package runs, tools of its tests. */
export const DEPENDENCY_KINDS = ["build", "link", "run", "check"] as const;
export type DependencyKind = (typeof DEPENDENCY_KINDS)[number];

/** What a person writes: how to obtain or build one version of a package. Conditions are still open. */
export interface Recipe {
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly at: Place;
  readonly summary?: string;
  /** An SPDX expression. */
  readonly license?: string;
  readonly homepage?: string;
  /** Recorded with the package and not looked at. */
  readonly metadata: Readonly<Record<string, string>>;
  /** `linux`, `x86_64`, `linux-x86_64`; none means all. */
  readonly platforms: readonly string[];
  readonly sources: readonly Source[];
  readonly patches: readonly Patch[];
  readonly options: readonly RecipeOption[];
  readonly dependencies: Readonly<Record<DependencyKind, readonly Dependency[]>>;
  readonly build: BuildSystem;
  /** Where in the build directory the phases after `patch` start. */
  readonly directory?: Template;
  readonly configure: readonly Arguments[];
  readonly make: readonly Arguments[];
  readonly env: readonly Variable[];
  /** The phases that replace those of the build system. */
  readonly phases: Readonly<Partial<Record<Phase, Template>>>;
  readonly references: { readonly allow?: readonly string[]; readonly disallow: readonly string[] };
  /** `content`: the output is named by its content; `input`: by its derivation key. */
  readonly addressing: "content" | "input";
  /** Seconds until a build is given up. */
  readonly timeout?: number;
  /** Seconds without a word from the build until it is given up. */
  readonly silentTimeout?: number;
}

/** A text with references, and where it stands. */
export interface Template {
  /** As it was written. */
  readonly text: string;
  readonly parts: readonly TemplatePart[];
  readonly where: Where;
}

export interface Condition {
  /** As it was written. */
  readonly text: string;
  readonly expression: Expression;
  readonly where: Where;
}

export type Source = FetchedSource | PathSource | WorktreeSource;

interface SourcePlacing {
  /** The name under which the build finds the source in `$src`; without it the last part of the URL or path. */
  readonly fileName?: Template;
  /** A directory in the build directory; without it the build directory itself. */
  readonly to?: Template;
  /** How many leading directories of an archive fall away; without it one when it is the only one. */
  readonly strip?: number;
  /** Whether an archive is unpacked. */
  readonly unpack: boolean;
  readonly when?: Condition;
  readonly at: Place;
}

export interface FetchedSource extends SourcePlacing {
  readonly kind: "fetched";
  /** Places of the same content, to be tried in this order. */
  readonly urls: readonly Template[];
  /** `<algorithm>-<base64>`; missing only when the reader was told to allow that. */
  readonly integrity?: string;
}

/** A file or directory beside the recipe, taken by content. */
export interface PathSource extends SourcePlacing {
  readonly kind: "path";
  /** Relative to the recipe's directory. */
  readonly path: Template;
  /** The name of the recipe directory: it differs from the recipe's own when the source comes from its base. */
  readonly beside: string;
}

/** A directory that somebody works in, taken by content without what git ignores. */
export interface WorktreeSource extends SourcePlacing {
  readonly kind: "worktree";
  /** Absolute, or relative to the directory of the recipe file. */
  readonly path: Template;
}

export interface Patch {
  /** A file name or glob, relative to the recipe's directory. */
  readonly file: Template;
  /** As in `PathSource`. */
  readonly beside: string;
  /** How many leading directories fall away from the names in the patch: the `-p` of patch(1). */
  readonly strip: number;
  readonly platforms: readonly string[];
  readonly when?: Condition;
  readonly at: Place;
}

export type RecipeOption = {
  readonly name: string;
  readonly summary?: string;
  readonly at: Place;
} & (
  | { readonly type: "bool"; readonly default: boolean }
  | { readonly type: "enum"; readonly default: string; readonly values: readonly string[] }
  | { readonly type: "string"; readonly default: string }
);

export interface Dependency {
  readonly name: PackageName;
  readonly range: VersionRange;
  readonly options: Readonly<Record<string, string | boolean>>;
  /** The build sees it, but a change of it alone rebuilds nothing: it is no part of the derivation key. */
  readonly orderOnly?: boolean;
  readonly when?: Condition;
  readonly at: Place;
}

/** Command-line arguments that are given together or not at all. */
export interface Arguments {
  readonly args: readonly Template[];
  readonly when?: Condition;
}

export interface Variable {
  readonly name: string;
  readonly value: Template;
  readonly when?: Condition;
}
