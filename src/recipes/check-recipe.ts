import { nearest } from "../model/nearest.ts";
import { checkExpression } from "../model/recipe/check-expression.ts";
import { type Finding, findingAt, type TextFault } from "../model/recipe/finding.ts";
import { dependencyVariable } from "../model/recipe/names.ts";
import { placeAt, type Where } from "../model/recipe/place.ts";
import { normalizePath } from "../model/recipe/resolve-sources.ts";
import type { TemplatePart } from "../model/recipe/template.ts";
import { type Condition, DEPENDENCY_KINDS, type Recipe, type Template, type Variable } from "../model/recipe.ts";
import { argumentsOf, buildTemplatesOf, conditionsOf, pathsOf, staticTemplatesOf } from "./recipe-parts.ts";

/** What is wrong with a recipe that its shape does not show: references, conditions, keys that do not go together. */
export function checkRecipe(recipe: Recipe): readonly Finding[] {
  return [
    ...conditionsOf(recipe).flatMap((condition) => checkCondition(condition, recipe)),
    ...staticTemplatesOf(recipe).flatMap((template) => checkTemplate(template, recipe, true)),
    ...buildTemplatesOf(recipe).flatMap((template) => checkTemplate(template, recipe, false)),
    ...pathsOf(recipe).flatMap(checkPath),
    ...argumentsOf(recipe).flatMap(checkArgument),
    ...checkDependencies(recipe),
    ...recipe.env.flatMap(checkVariable),
    ...checkBuildSystem(recipe),
  ];
}

function checkCondition(condition: Condition, { options }: Recipe): readonly Finding[] {
  return checkExpression(condition.expression, options).map((fault) => finding(condition, fault));
}

function checkTemplate(template: Template, recipe: Recipe, isStatic: boolean): readonly Finding[] {
  return template.parts.flatMap((part) => {
    const fault = checkReference(part, recipe, isStatic);
    return fault === undefined ? [] : [finding(template, fault)];
  });
}

function checkReference(part: TemplatePart, recipe: Recipe, isStatic: boolean): TextFault | undefined {
  if (part.kind === "text") return undefined;
  const { name, at: offset } = part;
  const [group = "", member = ""] = name.split(/\.(.*)/s);
  if (isStatic && (group === "deps" || group === "out")) {
    return { offset, message: `'{{${name}}}' is known only when the package is built, not here` };
  }
  if (group !== "deps" && group !== "options") return undefined;
  const known = group === "deps" ? dependencyNames(recipe) : recipe.options.map((option) => option.name);
  if (known.includes(member)) return undefined;
  const near = nearest(member, known);
  const what = group === "deps" ? "dependency" : "option";
  return {
    offset,
    message: `there is no ${what} '${member}'`,
    suggestion: near === undefined ? undefined : `${group}.${near}`,
  };
}

function dependencyNames({ dependencies }: Recipe): readonly string[] {
  return DEPENDENCY_KINDS.flatMap((kind) => dependencies[kind].map(({ name }) => name));
}

function checkPath(template: Template): readonly Finding[] {
  const example = template.parts.map((part) => (part.kind === "text" ? part.text : "x")).join("");
  const path = normalizePath(example);
  if (path === undefined)
    return [finding(template, { offset: 0, message: `'${template.text}' must be a relative path without '..'` })];
  return path === ""
    ? [finding(template, { offset: 0, message: `'${template.text}' names no file or directory` })]
    : [];
}

/** Arguments reach the program as they are: no shell expands variables in them. */
function checkArgument(template: Template): readonly Finding[] {
  const match = /\$\{?(?:(out)|dep_([A-Za-z0-9_]+))\b\}?/.exec(template.text);
  if (match === null) return [];
  const suggestion = match[1] === undefined ? `{{deps.${match[2]}}}` : "{{out}}";
  return [
    finding(template, { offset: match.index, message: `'${match[0]}' is not expanded in an argument`, suggestion }),
  ];
}

function checkDependencies(recipe: Recipe): readonly Finding[] {
  const findings: Finding[] = [];
  const variables = new Map<string, string>();
  for (const { name, at } of DEPENDENCY_KINDS.flatMap((kind) => recipe.dependencies[kind])) {
    const variable = dependencyVariable(name);
    const other = variables.get(variable) ?? name;
    variables.set(variable, name);
    if (name === recipe.name) findings.push(findingAt(at, "meaning", { message: "a package cannot depend on itself" }));
    if (other !== name) {
      findings.push(
        findingAt(at, "meaning", { message: `'${name}' and '${other}' would both be $${variable} in the build` }),
      );
    }
  }
  return findings;
}

const RESERVED: ReadonlySet<string> = new Set(["out", "src", "name", "version", "jobs"]);

function checkVariable({ name, value }: Variable): readonly Finding[] {
  if (!RESERVED.has(name) && !name.startsWith("dep_")) return [];
  return [finding(value, { offset: 0, message: `'${name}' is set by the build itself` })];
}

function checkBuildSystem({ build, configure, make }: Recipe): readonly Finding[] {
  const findings: Finding[] = [];
  const refuse = (args: readonly Template[], key: string): void => {
    const [first] = args;
    const message = `the build system '${build}' has no use for '${key}'`;
    if (first !== undefined) findings.push(finding(first, { offset: 0, message }));
  };
  if (!["autotools", "cmake", "meson", "python"].includes(build))
    refuse(
      configure.flatMap(({ args }) => args),
      "configure",
    );
  if (!["autotools", "make"].includes(build))
    refuse(
      make.flatMap(({ args }) => args),
      "make",
    );
  return findings;
}

function finding({ text, where }: { readonly text: string; readonly where: Where }, fault: TextFault): Finding {
  return findingAt(placeAt(where, text, fault.offset), "meaning", fault);
}
