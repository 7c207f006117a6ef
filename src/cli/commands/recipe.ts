import { StoreError } from "../../errors.ts";
import { recipeDirectories } from "../build-options.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { printable } from "../output/printable.ts";
import { SAGE_OPTIONS, sageSettings } from "../sage-options.ts";

export const command = defineCommand({
  name: "recipe",
  summary: "Check, show, list or draft recipes",
  details:
    "check DIR… (else --recipes): every mistake with its place, in directories of recipes or single recipes. show NAME: what a recipe comes down to. list: all there are; with --report what of a Sage tree can be built here, and what not and why. new URL: a first recipe from a release.",
  positionals: {
    action: { need: "one", describe: "check, show, list or new", choices: ["check", "show", "list", "new"] },
    what: { need: "any", describe: "Directories, a name, or a URL", completes: "path" },
  },
  options: {
    name: { type: "string", value: "NAME", describe: "new: call the package NAME" },
    version: { type: "string", value: "VERSION", describe: "new: say that it has VERSION" },
    report: { type: "boolean", describe: "list: count the packages of Sage trees by kind and by what is in the way" },
    ...SAGE_OPTIONS,
  },
  examples: [
    ["store recipe check ./recipes", "tells every mistake with file, line and column"],
    ["store recipe check ./recipes/mpfr", "the same of one recipe"],
    ["store recipe show --recipes ./recipes 'mpfr+static'", "prints the recipe with its options decided"],
    ["store recipe list --recipes sage:./sage-9.5 --report", "tells what of a Sage tree can be built here"],
    ["store recipe new https://ftp.gnu.org/gnu/mpfr/mpfr-4.2.1.tar.xz > recipe.yaml", "drafts a recipe"],
  ],
  json: "check: [{file, line, column, rule, message, suggestion?}]; show: the resolved recipe; list: [{name, versions[], summary?, findings[]}], of a Sage tree also {type, kind, tarball, buildable, reason}; list --report: {packages, buildable, kinds{}, reasons[{reason, packages[]}]}; new: {recipe}",
  async run(context, args) {
    const recipes = await import("../../operations/building/recipes.ts");
    const named = args.action === "check" && args.what.length > 0;
    const places = {
      recipes: named ? args.what : recipeDirectories(context),
      sage: sageSettings(args, context),
    };
    switch (args.action) {
      case "check": {
        const { formatFinding } = await import("../../model/recipe/finding.ts");
        const findings = recipes.checkRecipes({ ...places, around: named ? recipeDirectories(context) : [] });
        context.output.result(findings, () => findings.map((finding) => printable(formatFinding(finding))));
        return findings.length === 0 ? undefined : 2;
      }
      case "show": {
        const shown = recipes.showRecipe(places, only(args.what, "the name of a recipe"));
        context.output.result(shown, () => [printable(JSON.stringify(shown, null, 2), { lines: true })]);
        return undefined;
      }
      case "list": {
        const { recipeLines, reportLines } = await import("../output/recipe-lines.ts");
        if (args.report) {
          const report = recipes.reportOnSage(places);
          context.output.result(report, () => reportLines(report));
        } else {
          const listed = recipes.listRecipes(places);
          context.output.result(listed, () => recipeLines(listed));
        }
        return undefined;
      }
      case "new":
        return draft(context, only(args.what, "the URL of a release"), args);
    }
  },
});

async function draft(
  context: CommandContext,
  url: string,
  { name, version }: { name: string | undefined; version: string | undefined },
) {
  const { draftRecipe } = await import("../../operations/building/recipes.ts");
  const store = await context.openStore({ create: true });
  const text = await draftRecipe(store, { url, cwd: context.cwd, name, version }, context.run);
  if (context.global.json) context.output.result({ recipe: text }, () => []);
  else context.output.text(text);
  return undefined;
}

function only(words: readonly string[], what: string): string {
  const [word] = words;
  if (word !== undefined && words.length === 1) return word;
  throw new StoreError("USAGE", `give ${what}, and nothing else`, { hint: "`store recipe --help` has examples." });
}
