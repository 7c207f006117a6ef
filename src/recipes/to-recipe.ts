import { parsePackageName, parsePackageVersion } from "../model/ids.ts";
import { type Finding, findingAt } from "../model/recipe/finding.ts";
import type { Recipe } from "../model/recipe.ts";
import type { RecipeFields } from "./recipe-reader.ts";
import { entryOf, type MappingTree } from "./tree.ts";

/**
 * The recipe of these fields. What a recipe cannot do without is reported when it is missing, and then stands in the
 * result as a placeholder, so that the rest can still be checked.
 */
export function toRecipe(fields: RecipeFields, tree: MappingTree, findings: Finding[]): Recipe {
  for (const key of ["name", "version", "build"]) {
    const isMisspelt = findings.some(({ rule, suggestion }) => rule === "shape" && suggestion === key);
    if (entryOf(tree, key) === undefined && !isMisspelt) missing(tree, findings, `a recipe needs '${key}'`);
  }
  const { dependencies = { at: tree.at }, phases = { at: tree.at }, references = { at: tree.at } } = fields;
  const { build = "autotools" } = fields;
  if (build === "script" && (phases.install?.text ?? "") === "") {
    missing(tree, findings, "the build system 'script' needs phases with 'install'");
  }
  const { at: _dependenciesAt, ...kinds } = dependencies;
  const { at: _phasesAt, ...ownPhases } = phases;
  const { at: _referencesAt, ...mentions } = references;
  const { summary, license, homepage, directory, timeout, silentTimeout } = fields;
  return {
    name: parsePackageName(fields.name?.text ?? "unnamed"),
    version: parsePackageVersion(fields.version?.text ?? "0"),
    at: fields.at,
    ...(summary === undefined ? {} : { summary: summary.text }),
    ...(license === undefined ? {} : { license: license.text }),
    ...(homepage === undefined ? {} : { homepage: homepage.text }),
    metadata: fields.metadata ?? {},
    platforms: fields.platforms ?? [],
    sources: fields.sources ?? [],
    patches: fields.patches ?? [],
    options: fields.options ?? [],
    dependencies: { build: [], link: [], run: [], check: [], ...kinds },
    build,
    ...(directory === undefined ? {} : { directory }),
    configure: fields.configure ?? [],
    make: fields.make ?? [],
    env: fields.env ?? [],
    phases: ownPhases,
    references: { disallow: [], ...mentions },
    addressing: fields.addressing ?? "content",
    ...(timeout === undefined ? {} : { timeout }),
    ...(silentTimeout === undefined ? {} : { silentTimeout }),
  };
}

function missing(tree: MappingTree, findings: Finding[], message: string): void {
  findings.push(findingAt(tree.at, "meaning", { message }));
}
