import { StoreError } from "../../errors.ts";
import { nearest } from "../nearest.ts";
import type { RecipeOption } from "../recipe.ts";

/** A value for each option, by name; ask with `Object.hasOwn`. */
export type OptionValues = Readonly<Record<string, string | boolean>>;

/** Values of string options: safe wherever a phase puts them in. */
export const STRING_VALUE = /^[A-Za-z0-9 _.,:/@%+=-]{0,200}$/;

export interface OptionFault {
  readonly option: string;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

/**
 * A value for every option of `subject`: the requested one or the default.
 *
 * @throws StoreError INVALID_INPUT for an option that is not there or a value that it does not take
 */
export function decideOptions(
  subject: string,
  options: readonly RecipeOption[],
  requested: OptionValues,
): OptionValues {
  const { values, faults } = resolveOptions(options, requested);
  const [fault] = faults;
  if (fault === undefined) return values;
  throw new StoreError("INVALID_INPUT", `${subject}: ${fault.message}`, {
    hint: fault.suggestion === undefined ? optionsHint(subject, options) : `Did you mean '${fault.suggestion}'?`,
    details: { faults },
  });
}

/** The values, with the defaults where a request is at fault, and the faults. */
export function resolveOptions(
  options: readonly RecipeOption[],
  requested: OptionValues,
): { readonly values: OptionValues; readonly faults: readonly OptionFault[] } {
  const faults: OptionFault[] = [];
  const values = Object.fromEntries(options.map((option) => [option.name, option.default]));
  const byName = new Map(options.map((option) => [option.name, option]));
  for (const [name, request] of Object.entries(requested)) {
    const option = byName.get(name);
    const value = option === undefined ? unknownOption(name, byName) : readValue(option, request);
    if (typeof value === "object") faults.push(value);
    else values[name] = value;
  }
  return { values, faults };
}

/** The value that `request` means for `option`: options that are `true` or `false` also take these words. */
function readValue(option: RecipeOption, request: string | boolean): string | boolean | OptionFault {
  const { name } = option;
  const fault = (message: string, suggestion?: string): OptionFault => ({ option: name, message, suggestion });
  switch (option.type) {
    case "bool":
      if (typeof request === "boolean") return request;
      if (request === "true" || request === "false") return request === "true";
      return fault(`option '${name}' is on or off: write +${name} or ~${name}`);
    case "enum":
      if (option.values.includes(String(request))) return String(request);
      return fault(
        `option '${name}' is one of ${option.values.join(", ")}: write ${name}=${option.default}`,
        typeof request === "string" ? nearest(request, option.values) : undefined,
      );
    case "string":
      if (typeof request === "string" && STRING_VALUE.test(request)) return request;
      return fault(
        typeof request === "boolean"
          ? `option '${name}' takes a text: write ${name}=TEXT`
          : `option '${name}' takes letters, digits, spaces and _ . , : / @ % + = -, at most 200`,
      );
  }
}

function unknownOption(name: string, known: ReadonlyMap<string, unknown>): OptionFault {
  return { option: name, message: `there is no option '${name}'`, suggestion: nearest(name, known.keys()) };
}

function optionsHint(subject: string, options: readonly RecipeOption[]): string {
  if (options.length === 0) return `${subject} has no options.`;
  return `Options of ${subject}: ${options.map(({ name }) => name).join(", ")}.`;
}

/** `name@version+option~option`: how messages call a package with everything decided. */
export function packageId(name: string, version: string, options: OptionValues): string {
  const texts = Object.entries(options).map(([option, value]) =>
    typeof value === "boolean" ? `${value ? "+" : "~"}${option}` : ` ${option}=${value}`,
  );
  return `${name}@${version}${texts.join("")}`;
}
