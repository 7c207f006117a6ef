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
 * ones, of three the first is literal, and so are closing braces outside a reference. What cannot be read is left out of the parts.
 */
export function parseTemplate(text: string): {
  readonly parts: readonly TemplatePart[];
  readonly faults: readonly TextFault[];
} {
  const parts: TemplatePart[] = [];
  const faults: TextFault[] = [];
  let literal = "";
  const addReference = (reference: TemplatePart): void => {
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
    parts.push(reference);
  };
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf("{{", at);
    literal += text.slice(at, open < 0 ? undefined : open);
    if (open < 0) break;
    const isEscape = text.startsWith("{{{{", open);
    const isAfterBrace = !isEscape && text.startsWith("{{{", open);
    if (isAfterBrace) literal += "{";
    const reference = isEscape ? undefined : parseReference(text, isAfterBrace ? open + 1 : open);
    if (isEscape) literal += "{{";
    else if (reference?.part === undefined) faults.push(reference?.fault as TextFault);
    else addReference(reference.part);
    at = reference?.end ?? open + 4;
  }
  return { parts: literal === "" ? parts : [...parts, { kind: "text", text: literal }], faults };
}

/** The text that `parseTemplate` reads back. */
export function formatTemplate(parts: readonly TemplatePart[]): string {
  let text = "";
  let literal = "";
  for (const part of parts) {
    // Braces can meet where one text ends and the next begins: they are escaped together.
    if (part.kind === "text") literal += part.text;
    else {
      text += `${literal.replaceAll("{{", "{{{{")}{{${part.name}}}`;
      literal = "";
    }
  }
  return text + literal.replaceAll("{{", "{{{{");
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

type Reference =
  | { readonly part: TemplatePart; readonly fault?: never; readonly end: number }
  | { readonly part?: never; readonly fault: TextFault; readonly end: number };

function parseReference(text: string, open: number): Reference {
  const close = text.indexOf("}}", open + 2);
  if (close < 0) {
    return {
      fault: { offset: open, message: "this '{{' has no '}}' ('{{{{' gives literal braces)" },
      end: text.length,
    };
  }
  const inner = text.slice(open + 2, close);
  const name = inner.trim();
  const at = open + 2 + inner.length - inner.trimStart().length;
  if (/^(?:options|deps)\.[^\s{}]+$/.test(name) || (TEMPLATE_NAMES as readonly string[]).includes(name)) {
    return { part: { kind: "reference", name, at }, end: close + 2 };
  }
  const message = `there is no '${name}' to refer to, only options.<option>, deps.<dependency>, ${TEMPLATE_NAMES.join(", ")} ('{{{{' gives literal braces)`;
  return { fault: { offset: at, message, suggestion: suggest(name) }, end: close + 2 };
}

function suggest(name: string): string | undefined {
  const [first = "", ...rest] = name.split(".");
  const group = nearest(first, ["options", "deps"]) ?? (/^dependenc/.test(first) ? "deps" : undefined);
  const member = rest.join(".");
  return group !== undefined && /^[^\s{}]+$/.test(member) ? `${group}.${member}` : nearest(name, TEMPLATE_NAMES);
}
