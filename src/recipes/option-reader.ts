import { nearest } from "../model/nearest.ts";
import { type Finding, findingAt } from "../model/recipe/finding.ts";
import { STRING_VALUE } from "../model/recipe/options.ts";
import type { Place } from "../model/recipe/place.ts";
import type { RecipeOption } from "../model/recipe.ts";
import { listOf, mappingOf, type NamedValue, objectOf } from "./collection-readers.ts";
import { described, type Located, mapped, oneOf, type Reader, refuseText, text } from "./reader.ts";
import { line, optionName } from "./text-readers.ts";
import { placeOf } from "./tree.ts";

const value = text({ what: "a value", pattern: STRING_VALUE, also: ["number", "boolean"] });

/** A wrong default must not be reported as a missing one too: it keeps its place. */
const defaultValue: Reader<Located> = {
  ...value,
  read: (tree, findings) =>
    value.read(tree, findings) ?? { text: "", where: { file: placeOf(tree).file, lines: [placeOf(tree)] } },
};

const option = objectOf("an option", {
  mergeable: true,
  fields: {
    type: described(
      oneOf(["bool", "enum", "string"], {
        what: "a type of option",
        suggest: (word) => (/^(?:text|str)$/.test(word) ? "string" : /^choice/.test(word) ? "enum" : undefined),
      }),
      "When missing: enum if there are values, bool if the default is true or false, otherwise string.",
    ),
    values: described(listOf("values", value), "What an enum can be."),
    default: described(defaultValue, "The value when nobody asks for another one."),
    summary: described(line, "What the option does, in one line."),
  },
});

export const recipeOptions: Reader<readonly RecipeOption[]> = mapped(
  mappingOf("options", { key: "the name of an option", pattern: optionName, value: option, mergeable: true }),
  (entries, findings) =>
    entries.flatMap((entry) => {
      const read = toOption(entry, findings);
      return read === undefined ? [] : [read];
    }),
);

type RawOption = NonNullable<ReturnType<typeof option.read>>;

function toOption({ name, at, value: raw }: NamedValue<RawOption>, findings: Finding[]): RecipeOption | undefined {
  const type = raw.type ?? typeOf(raw);
  const common = { name, at, ...(raw.summary === undefined ? {} : { summary: raw.summary.text }) };
  if (type !== "enum" && raw.values !== undefined) {
    return refuseMeaning(at, findings, `option '${name}' has values, but is of type ${type}`);
  }
  if (raw.default === undefined) return refuseMeaning(at, findings, `option '${name}' needs a default`);
  switch (type) {
    case "bool":
      return isTruthValue(raw.default)
        ? { ...common, type, default: raw.default.text === "true" }
        : refuseText(raw.default, findings, { message: `the default of option '${name}' is true or false` });
    case "enum": {
      const values = (raw.values ?? []).map((each) => each.text);
      return isDefaultOf(name, { values, default: raw.default }, findings)
        ? { ...common, type, values, default: raw.default.text }
        : undefined;
    }
    case "string":
      if (raw.type === undefined && /^(?:on|off|yes|no)$/i.test(raw.default.text)) {
        const suggestion = /^(?:on|yes)$/i.test(raw.default.text) ? "true" : "false";
        return refuseText(raw.default, findings, {
          message: `'${raw.default.text}' is a text here; with 'type: string' it may stay`,
          suggestion,
        });
      }
      return { ...common, type, default: raw.default.text };
  }
}

function typeOf(raw: RawOption): RecipeOption["type"] {
  if (raw.values !== undefined) return "enum";
  return raw.default !== undefined && isTruthValue(raw.default) ? "bool" : "string";
}

function isTruthValue({ text: written }: Located): boolean {
  return written === "true" || written === "false";
}

function isDefaultOf(
  name: string,
  { values, default: chosen }: { readonly values: readonly string[]; readonly default: Located },
  findings: Finding[],
): boolean {
  if (values.length === 0) refuseText(chosen, findings, { message: `option '${name}' is an enum without values` });
  else if (new Set(values).size < values.length) {
    refuseText(chosen, findings, { message: `option '${name}' has a value twice` });
  } else if (!values.includes(chosen.text)) {
    const message = `the default of option '${name}' is none of its values (${values.join(", ")})`;
    refuseText(chosen, findings, { message, suggestion: nearest(chosen.text, values) });
  } else return true;
  return false;
}

function refuseMeaning(at: Place, findings: Finding[], message: string): undefined {
  findings.push(findingAt(at, "meaning", { message }));
  return undefined;
}
