import { formatCount } from "../../model/format-count.ts";
import type { ListedRecipe, SageReport } from "../../operations/building/recipes.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";

/** One line a recipe; of a package of a Sage tree its kind and why it cannot be built here. */
export function recipeLines(recipes: readonly ListedRecipe[]): string[] {
  const haveKinds = recipes.some(({ kind }) => kind !== undefined);
  const rows = recipes.map(({ name, versions, summary, kind = "", reason }) => [
    name,
    versions.join(" "),
    ...(haveKinds ? [kind] : []),
    reason ?? summary ?? "",
  ]);
  return formatTable(rows.map((row) => row.map((text) => ({ text: printable(text) }))));
}

/** Counts by kind, then what is in the way of the others, the most common reason first. */
export function reportLines({ packages, buildable, kinds, reasons }: SageReport): string[] {
  const counts = Object.entries(kinds).map(([kind, counted]) => [kind, counted.packages, counted.buildable] as const);
  const number = (count: number) => ({ text: String(count), align: "right" }) as const;
  return [
    `${buildable} of ${formatCount(packages, "package")} can be built here`,
    "",
    ...formatTable([
      [{ text: "kind" }, { text: "packages" }, { text: "can be built" }],
      ...counts.map(([kind, all, some]) => [{ text: kind }, number(all), number(some)]),
    ]),
    ...reasons.flatMap(({ reason, packages: names }) => [
      "",
      printable(`${names.length} × ${reason}:`),
      printable(`  ${names.join(" ")}`),
    ]),
  ];
}
