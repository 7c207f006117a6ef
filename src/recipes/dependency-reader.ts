import { ANY_VERSION } from "../model/recipe/version-range.ts";
import type { Dependency } from "../model/recipe.ts";
import { either, listOf, mappingOf, objectOf } from "./collection-readers.ts";
import { described, mapped, type Reader } from "./reader.ts";
import { anyText, condition, dependencyName, dependencyText, optionName, versionRange } from "./text-readers.ts";

const values = mapped(
  mappingOf("options", { key: "the name of an option", pattern: optionName, value: anyText }),
  (entries): Dependency["options"] => Object.fromEntries(entries.map(({ name, value }) => [name, value.text])),
);

const fields = objectOf("a dependency", {
  fields: {
    name: described(dependencyName, "The package."),
    version: described(versionRange, "A version or a range: 6.3, =6.3, >=6,<7."),
    options: described(values, "Values for options of the dependency."),
    when: described(condition, "It is a dependency only if this holds."),
  },
  required: ["name"],
});

const dependency: Reader<Dependency> = either(
  dependencyText,
  mapped(
    fields,
    ({ name, version: range = ANY_VERSION, options = {}, ...rest }): Dependency | undefined =>
      name && { name, range, options, ...rest },
  ),
);

const list = listOf("a group of dependencies", dependency);

export const dependencies = objectOf("dependencies", {
  mergeable: true,
  fields: {
    build: described(list, "Tools that the build runs."),
    link: described(list, "Libraries that the package is linked to, or headers it is compiled with."),
    run: described(list, "Packages that it needs when it runs."),
    check: described(list, "What only its own tests need."),
  },
  synonyms: { test: "check", tests: "check", runtime: "run", host: "link", libraries: "link", tools: "build" },
});
