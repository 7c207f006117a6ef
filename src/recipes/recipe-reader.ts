import { findingAt } from "../model/recipe/finding.ts";
import { type Arguments, BUILD_SYSTEMS, type Template, type Variable } from "../model/recipe.ts";
import { either, listOf, mappingOf, objectOf } from "./collection-readers.ts";
import { dependencies } from "./dependency-reader.ts";
import { recipeOptions } from "./option-reader.ts";
import { described, mapped, oneOf, type Reader, text } from "./reader.ts";
import { patch, source } from "./source-readers.ts";
import {
  anyText,
  condition,
  duration,
  line,
  pathTemplate,
  platforms,
  recipeName,
  template,
  version,
} from "./text-readers.ts";

const argumentGroup = objectOf("a group of arguments", {
  fields: {
    when: described(condition, "The arguments are given only if this holds."),
    args: described(listOf("args", template), "The arguments."),
  },
  required: ["args"],
});

const args: Reader<readonly Arguments[]> = listOf(
  "a list of arguments",
  either(
    mapped(template, (argument): Arguments => ({ args: [argument] })),
    mapped(argumentGroup, ({ args: group = [], when }): Arguments => ({ args: group, ...(when && { when }) })),
  ),
);

const variable: Reader<Omit<Variable, "name">> = either(
  mapped(template, (value): Omit<Variable, "name"> => ({ value })),
  mapped(
    objectOf("a variable", {
      mergeable: true,
      fields: {
        value: described(template, "Its value."),
        when: described(condition, "It is set only if this holds."),
      },
    }),
    ({ value, when, at }, findings): Omit<Variable, "name"> | undefined => {
      if (value !== undefined) return { value, ...(when && { when }) };
      findings.push(findingAt(at, "meaning", { message: "a variable needs 'value'" }));
      return undefined;
    },
  ),
);

const env: Reader<readonly Variable[]> = mapped(
  mappingOf("env", {
    key: "the name of a variable",
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
    value: variable,
    mergeable: true,
  }),
  (entries) => entries.map(({ name, value }): Variable => ({ name, ...value })),
);

const metadata: Reader<Readonly<Record<string, string>>> = mapped(
  mappingOf("metadata", {
    key: "the name of a field",
    pattern: /^[A-Za-z][A-Za-z0-9_.:-]{0,99}$/,
    value: anyText,
    mergeable: true,
  }),
  (entries) => Object.fromEntries(entries.map(({ name, value }) => [name, value.text])),
);

const phase = (when: string): Reader<Template> => described(template, `Shell text ${when}; empty to skip the phase.`);

const phases = objectOf("phases", {
  mergeable: true,
  fields: {
    unpack: phase("that brings the sources from $src into the build directory"),
    patch: phase("that patches them"),
    configure: phase("that configures the build"),
    build: phase("that builds"),
    check: phase("that tests what was built"),
    install: phase("that installs into $out"),
  },
  synonyms: { prepare: "patch", compile: "build", test: "check" },
});

const names = listOf(
  "a list of packages",
  mapped(recipeName, ({ text: name }) => name),
);

const references = objectOf("references", {
  mergeable: true,
  fields: {
    allow: described(names, "The only packages that the output may mention."),
    disallow: described(names, "Packages that the output must not mention."),
  },
  synonyms: { deny: "disallow", forbid: "disallow", allowed: "allow", disallowed: "disallow" },
});

/** Everything that can stand in a recipe file; what it extends is already laid under it. */
export const recipeFields = objectOf("a recipe", {
  mergeable: true,
  fields: {
    name: described(recipeName, "The name of the package; the same as that of its directory."),
    version: described(version, "The version, as text: 1.10 stays 1.10."),
    extends: described(
      recipeName,
      "Another recipe, on which this one is laid: mappings merge, lists replace, null removes.",
    ),
    summary: described(line, "What the package is, in one line."),
    license: described(line, "The licence as an SPDX expression."),
    homepage: described(text({ what: "a web address", pattern: /^https?:\/\/\S+$/ }), "Where the package is at home."),
    metadata: described(metadata, "Further fields, recorded with the package."),
    platforms: described(platforms, "The only platforms on which it can be built: linux, x86_64, linux-x86_64."),
    sources: described(listOf("sources", source), "What the build starts from."),
    patches: described(
      listOf("patches", patch),
      "Patches, applied in this order; a glob stands for its files by name.",
    ),
    options: described(recipeOptions, "Named choices that a user has."),
    dependencies: described(dependencies, "Other packages that it needs."),
    build: described(
      oneOf(BUILD_SYSTEMS, { what: "a build system", suggest: suggestBuildSystem }),
      "The build system that brings the phases along.",
    ),
    directory: described(pathTemplate, "Where in the build directory the phases after patch start."),
    configure: described(args, "Arguments for configure, cmake, meson setup or pip wheel."),
    make: described(args, "Arguments for every call of make."),
    env: described(env, "Variables of the build."),
    phases: described(phases, "Replaces phases of the build system."),
    references: described(references, "Which packages the output may mention."),
    addressing: described(
      oneOf(["content", "input"], { what: "a way of addressing" }),
      "input names the output by what it was built from: for packages that hide their own path.",
    ),
    timeout: described(duration, "How long a build may take: 90 (seconds), 45m, 1h30m."),
    silentTimeout: described(duration, "How long a build may say nothing."),
  },
  synonyms: {
    depends: "dependencies",
    deps: "dependencies",
    requires: "dependencies",
    url: "sources",
    src: "sources",
    variants: "options",
    flags: "options",
    description: "summary",
    buildSystem: "build",
    "build-system": "build",
    environment: "env",
    configureFlags: "configure",
    "configure-args": "configure",
    makeFlags: "make",
    scripts: "phases",
    steps: "phases",
    inherit: "extends",
    base: "extends",
    website: "homepage",
  },
});

export type RecipeFields = NonNullable<ReturnType<typeof recipeFields.read>>;

function suggestBuildSystem(word: string): string | undefined {
  const others: readonly (readonly [RegExp, string])[] = [
    [/^(?:auto.*|configure|gnu)$/, "autotools"],
    [/^(?:pip|wheel|setuptools|pypi)$/, "python"],
    [/^(?:makefile)$/, "make"],
    [/^(?:none|data|binary)$/, "copy"],
    [/^(?:shell|bash|generic|custom)$/, "script"],
  ];
  return others.find(([pattern]) => pattern.test(word.toLowerCase()))?.[1];
}
