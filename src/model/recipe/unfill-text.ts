import type { ResolvedPart, ResolvedText } from "./resolved-recipe.ts";

/** The text whose parts, filled in with these paths, give `text`: the reverse of filling, for texts that name whole paths. */
export function unfillText(
  text: string,
  paths: { readonly dependencies: ReadonlyMap<string, string>; readonly out: string },
): ResolvedText {
  const known = new Map<string, ResolvedPart>([
    [paths.out, { kind: "output" }],
    ...[...paths.dependencies].map(([name, path]) => [path, { kind: "dependency", name }] as const),
  ]);
  // Of two paths that begin alike the longer one counts.
  const longestFirst = [...known.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    `(${longestFirst.map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`,
    "g",
  );
  const pieces = text.split(pattern).filter((piece) => piece !== "");
  return pieces.map((piece) => known.get(piece) ?? { kind: "text", text: piece });
}
