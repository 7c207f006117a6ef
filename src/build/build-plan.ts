import type { ByteString } from "../model/byte-string.ts";
import type { PackageName, PackageVersion } from "../model/ids.ts";
import type { ResolvedRecipe } from "../model/recipe/resolved-recipe.ts";
import type { DependencyKind } from "../model/recipe.ts";

/** A package that a build graph asks for, with everything decided but its inputs' paths. */
export interface PlannedPackage {
  /** `name@version+option~option`: the same package asked for twice is one. */
  readonly id: string;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly recipe: ResolvedRecipe;
  /** Every file that the recipe was read from. */
  readonly recipeFiles: readonly string[];
  /** The directory of the recipe file. */
  readonly recipeDirectory: string;
  /** The files that the recipe can refer to, by the names its sources and patches use. */
  readonly files: ReadonlyMap<string, ByteString>;
  readonly dependencies: readonly PlannedDependency[];
}

export interface PlannedDependency {
  readonly id: string;
  readonly name: PackageName;
  readonly kinds: readonly DependencyKind[];
  /** The build sees it, but it is no part of the derivation key. */
  readonly orderOnly?: true;
}

/** Packages in an order in which each stands behind its dependencies. */
export interface BuildGraph {
  readonly packages: ReadonlyMap<string, PlannedPackage>;
  /** The ids that were asked for. */
  readonly wanted: readonly string[];
}
