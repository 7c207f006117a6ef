import { StoreError } from "../errors.ts";
import type { ResolvedPart, ResolvedText } from "../model/recipe/resolved-recipe.ts";

/** Paths that a recipe's texts are filled with. */
export interface TextPaths {
  /** Absolute paths of the dependencies by name. */
  readonly dependencies: ReadonlyMap<string, string>;
  readonly out: string;
}

/** A text of a recipe with the paths that were still open. */
export function fillText(text: ResolvedText, paths: TextPaths): string {
  return text.map((part) => partText(part, paths)).join("");
}

function partText(part: ResolvedPart, paths: TextPaths): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "output":
      return paths.out;
    case "dependency":
      return dependencyPath(part.name, paths);
  }
}

function dependencyPath(name: string, paths: TextPaths): string {
  const path = paths.dependencies.get(name);
  if (path !== undefined) return path;
  throw new StoreError("INVALID_RECIPE", `a text mentions the dependency '${name}', which the recipe does not have`, {
    hint: "List it under `dependencies`.",
  });
}
