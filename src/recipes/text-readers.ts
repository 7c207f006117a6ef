import { StoreError } from "../errors.ts";
import { DURATION, secondsOf } from "../model/duration.ts";
import { type PackageName, parsePackageName } from "../model/ids.ts";
import type { Finding } from "../model/recipe/finding.ts";
import { isRecipeName, OPTION_NAME, RECIPE_NAME, VERSION, whole } from "../model/recipe/names.ts";
import { type PackageSpec, parsePackageSpec } from "../model/recipe/package-spec.ts";
import { parseExpression } from "../model/recipe/parse-expression.ts";
import { platformPatterns, suggestPlatform } from "../model/recipe/platform.ts";
import { SOURCE_URL } from "../model/recipe/source-url.ts";
import { parseTemplate } from "../model/recipe/template.ts";
import { isFault, parseVersionRange, type VersionRange } from "../model/recipe/version-range.ts";
import type { Condition, Dependency, Template } from "../model/recipe.ts";
import { parseIntegrity } from "../sources/integrity.ts";
import { oneOrMore } from "./collection-readers.ts";
import { type Located, mapped, oneOf, type Reader, refuseText, text } from "./reader.ts";

export const recipeName: Reader<Located> = mapped(
  text({ what: "a package name", pattern: whole(RECIPE_NAME), also: ["number"] }),
  (name, findings) => {
    if (isRecipeName(name.text)) return name;
    return refuseText(name, findings, { message: "a package name has at most 128 characters" });
  },
);

export const dependencyName: Reader<PackageName> = mapped(recipeName, (name) => parsePackageName(name.text));

export const version: Reader<Located> = mapped(
  text({ what: "a version", pattern: whole(VERSION), also: ["number"] }),
  (located, findings) => {
    if (located.text.length <= 80) return located;
    return refuseText(located, findings, { message: "a version has at most 80 characters" });
  },
);

/** Any text, also one that looks like a number or a truth value. */
export const anyText: Reader<Located> = text({ what: "text", also: ["number", "boolean"] });

export const line: Reader<Located> = text({ what: "a line of text", pattern: /^[^\r\n]+$/ });

export const template: Reader<Template> = mapped(anyText, toTemplate);

/** A template that names a file or directory. */
export const pathTemplate: Reader<Template> = mapped(
  text({ what: "a path", pattern: /^[^\r\n]+$/, also: ["number"] }),
  toTemplate,
);

export const urlTemplate: Reader<Template> = mapped(
  text({ what: "a URL with http:, https:, file:, npm: or git+https:", pattern: SOURCE_URL }),
  (located, findings) => {
    if (!/^git\+/.test(located.text) || /#([0-9a-f]{40}|[0-9a-f]{64}|.*\{\{.*)$/.test(located.text)) {
      return toTemplate(located, findings);
    }
    return refuseText(located, findings, {
      message: "a git source names a commit in full: git+https://HOST/REPOSITORY#<40 hexadecimal digits>",
    });
  },
);

export const condition: Reader<Condition> = mapped(
  text({ what: "a condition", also: ["boolean"] }),
  (located, findings) => {
    const expression = parseExpression(located.text);
    return "message" in expression ? refuseText(located, findings, expression) : { ...located, expression };
  },
);

export const integrity: Reader<string> = mapped(
  text({
    what: "an integrity such as sha256-<base64>",
    pattern: /^(?:sha(?:1|256|384|512)(?:-[A-Za-z0-9+/]+={0,2}|:[0-9A-Fa-f]+)(?:\s+\S+)*|[0-9A-Fa-f]{64})$/,
  }),
  (located, findings) => attempt(located, findings, () => parseIntegrity(located.text)),
);

export const versionRange: Reader<VersionRange> = mapped(
  text({ what: "a version range", also: ["number"] }),
  (located, findings) => {
    const range = parseVersionRange(located.text);
    return isFault(range) ? refuseText(located, findings, range) : range;
  },
);

export const dependencyText: Reader<Omit<Dependency, "when">> = mapped(
  text({ what: "a dependency such as gmp, gmp@>=6 or gmp+static", also: ["number"] }),
  (located, findings) => {
    const spec = attempt<PackageSpec>(located, findings, () => parsePackageSpec(located.text.trim()));
    const { file, lines } = located.where;
    if (spec === undefined) return undefined;
    const { name, range, options } = spec;
    return { name, range, options, at: { file, line: 1, column: 1, ...lines[0] } };
  },
);

export const platforms: Reader<readonly string[]> = oneOrMore(
  "platforms",
  oneOf(platformPatterns(), { what: "a platform", suggest: suggestPlatform }),
);

/** Seconds, from `90`, `45m` or `1h30m`. */
export const duration: Reader<number> = {
  ...mapped(
    text({ what: "a time such as 90 (seconds), 45m or 1h30m", pattern: DURATION, also: ["number"] }),
    ({ text: written }) => secondsOf(written),
  ),
  schema: {
    anyOf: [
      { type: "string", pattern: DURATION.source },
      { type: "integer", minimum: 1, maximum: 99_999_999 },
    ],
  },
};

export const optionName = whole(OPTION_NAME);

function toTemplate(located: Located, findings: Finding[]): Template {
  const { parts, faults } = parseTemplate(located.text);
  for (const fault of faults) refuseText(located, findings, fault);
  return { ...located, parts };
}

/** The result of `parse`; what it throws on bad input becomes a finding. */
function attempt<T>(located: Located, findings: Finding[], parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return refuseText(located, findings, {
      message: error.hint === undefined ? error.message : `${error.message}. ${error.hint}`,
    });
  }
}
