import { nearest } from "../nearest.ts";
import type { TextFault } from "./finding.ts";

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  /** `{{name}}`; `at` is the index of the name in the text. */
  | { readonly kind: "reference"; readonly name: string; readonly at: number };

/** What templates may refer to besides `options.<option>` and `deps.<dependency>`. */
export const TEMPLATE_NAMES = [
  "name",
  "version",
  "version.major",
  "version.majorMinor",
  "version.underscored",
  "version.dashed",
  "platform.os",
  "platform.arch",
  "out",
] as const;

/**
 * Reads a text with references in double braces, `--with-gmp={{deps.gmp}}`. Four opening braces stand for two literal
 * ones; closing braces outside a reference are text.
 */
export function parseTemplate(text: string): readonly TemplatePart[] | TextFault {
  const parts: TemplatePart[] = [];
  let literal = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    literal += text.slice(at, open < 0 ? undefined : open);
    if (open < 0) break;
    if (text.startsWith("{{{{", open)) {
      literal += "{{";
      at = open + 4;
      continue;
    }
    const reference = parseReference(text, open);
    if ("message" in reference) return reference;
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
    parts.push(reference.part);
    at = reference.end;
  }
  return literal === "" ? parts : [...parts, { kind: "text", text: literal }];
}

/** The text that `parseTemplate` reads back. */
export function formatTemplate(parts: readonly TemplatePart[]): string {
  return parts.map((part) => (part.kind === "text" ? part.text.replaceAll("{{", "{{{{") : `{{${part.name}}}`)).join("");
}

/** The version as `{{version.<form>}}` gives it: of 1.83.0 the forms 1, 1.83, 1_83_0 and 1-83-0. */
export function versionForm(version: string, form: string): string | undefined {
  switch (form) {
    case "major":
      return version.split(/[._-]/, 1)[0];
    case "majorMinor":
      return /^[^._-]*(?:[._-][^._-]+)?/.exec(version)?.[0];
    case "underscored":
      return version.replaceAll(".", "_");
    case "dashed":
      return version.replaceAll(".", "-");
    default:
      return undefined;
  }
}

interface Reference {
  readonly part: TemplatePart;
  readonly end: number;
}

function parseReference(text: string, open: number): Reference | TextFault {
  const close = text.indexOf("}}", open + 2);
  if (close < 0) return { offset: open, message: "this '{{' has no '}}' (write '{{{{' for two literal braces)" };
  const inner = text.slice(open + 2, close);
  const name = inner.trim();
  const at = open + 2 + inner.length - inner.trimStart().length;
  if (/^(?:options|deps)\.[^\s{}]+$/.test(name) || (TEMPLATE_NAMES as readonly string[]).includes(name)) {
    return { part: { kind: "reference", name, at }, end: close + 2 };
  }
  const message = `'${name}' is not something a template can refer to (options.<option>, deps.<dependency>, ${TEMPLATE_NAMES.join(", ")}; write '{{{{' for two literal braces)`;
  return { offset: at, message, suggestion: suggest(name) };
}

function suggest(name: string): string | undefined {
  const [first = "", ...rest] = name.split(".");
  const group = nearest(first, ["options", "deps"]) ?? (/^dependenc/.test(first) ? "deps" : undefined);
  return group !== undefined && rest.length > 0 ? `${group}.${rest.join(".")}` : nearest(name, TEMPLATE_NAMES);
}
