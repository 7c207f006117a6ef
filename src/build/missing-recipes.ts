import { StoreError } from "../errors.ts";
import { type Finding, findingAt, formatFinding } from "../model/recipe/finding.ts";
import { DEPENDENCY_KINDS, type Recipe } from "../model/recipe.ts";

/** Packages that a graph needs and no recipe stands for: all of them are told at once, each with who needs it. */
export interface MissingRecipes {
  /** What `find` returns; `undefined` when there is no such recipe or version, which is noted as a need of `by`. */
  among<Value>(name: string, by: Needing | undefined, find: () => Value): Value | undefined;
  /** NOT_FOUND when something was noted. */
  error(): StoreError | undefined;
}

interface Needing {
  readonly id: string;
  readonly recipe: Recipe;
}

export function collectMissing(): MissingRecipes {
  const errors: StoreError[] = [];
  const noted = new Map<string, Finding | undefined>();
  return {
    among(name, by, find) {
      try {
        return find();
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "NOT_FOUND" || error.details.name !== name) throw error;
        const finding = by && needOf(by, name, error);
        const text = finding ? formatFinding(finding) : error.message;
        if (!noted.has(text)) errors.push(error);
        noted.set(text, finding);
        return undefined;
      }
    },
    error() {
      const [first] = errors;
      if (first === undefined) return undefined;
      const findings = [...noted.values()].filter((finding) => finding !== undefined);
      return new StoreError("NOT_FOUND", [...noted.keys()].join("\n"), {
        hint: (errors.length === 1 && first.hint) || "`store recipe list` names all recipes that there are.",
        details: { ...first.details, ...(findings.length > 0 && { findings }) },
      });
    },
  };
}

/** Where the recipe says that it needs the package; `undefined` when it does not say so itself. */
function needOf({ id, recipe }: Needing, name: string, error: StoreError): Finding | undefined {
  const at = DEPENDENCY_KINDS.flatMap((kind) => recipe.dependencies[kind]).find((each) => each.name === name)?.at;
  const { suggestion } = error.details;
  return (
    at &&
    findingAt(at, "meaning", {
      message: `${id} needs '${name}', and ${error.message}`,
      ...(typeof suggestion === "string" && { suggestion }),
    })
  );
}
