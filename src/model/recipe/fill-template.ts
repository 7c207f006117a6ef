import type { Template } from "../recipe.ts";
import type { Surroundings } from "./evaluate.ts";
import { type Finding, findingAt } from "./finding.ts";
import { placeAt } from "./place.ts";
import type { ResolvedPart, ResolvedText } from "./resolved-recipe.ts";
import { type TemplatePart, versionForm } from "./template.ts";

/** What a template is filled from; mistakes are added to `findings`. */
export interface Filling extends Surroundings {
  readonly name: string;
  /** Names of the dependencies that the package has under these options. */
  readonly dependencies: ReadonlySet<string>;
  readonly findings: Finding[];
}

/** Everything but store paths filled in; neighbouring texts are one part. */
export function fillTemplate(template: Template, filling: Filling): ResolvedText {
  const parts: ResolvedPart[] = [];
  for (const part of template.parts.map((each) => fillPart(template, each, filling))) {
    const last = parts.at(-1);
    if (last?.kind === "text" && part.kind === "text") parts.splice(-1, 1, { ...last, text: last.text + part.text });
    else parts.push(part);
  }
  return parts;
}

/** The text of a template that cannot mention store paths. */
export function fillText(template: Template, filling: Filling): string {
  const parts = fillTemplate(template, filling);
  const misplaced = template.parts.find((part) => part.kind === "reference" && /^(?:out$|deps\.)/.test(part.name));
  if (misplaced?.kind === "reference") {
    report(template, misplaced.at, filling, `'{{${misplaced.name}}}' is known only when the package is built`);
  }
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** `text` with the store paths put in. */
export function renderText(
  text: ResolvedText,
  paths: { readonly output: string; readonly dependencies: ReadonlyMap<string, string> },
): string {
  return text.map((part) => renderPart(part, paths)).join("");
}

function renderPart(part: ResolvedPart, paths: Parameters<typeof renderText>[1]): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "output":
      return paths.output;
    case "dependency":
      return paths.dependencies.get(part.name) as string;
  }
}

function fillPart(template: Template, part: TemplatePart, filling: Filling): ResolvedPart {
  if (part.kind === "text") return part;
  const { name, at } = part;
  if (name === "out") return { kind: "output" };
  if (name.startsWith("deps.")) {
    const dependency = name.slice("deps.".length);
    if (filling.dependencies.has(dependency)) return { kind: "dependency", name: dependency };
    report(template, at, filling, `'${dependency}' is not a dependency with these options on this platform`);
    return { kind: "text", text: "" };
  }
  const text = lookUp(name, filling);
  if (text === undefined) report(template, at, filling, `there is nothing for '{{${name}}}'`);
  return { kind: "text", text: String(text ?? "") };
}

function lookUp(name: string, { name: own, version, platform, options }: Filling): string | boolean | undefined {
  const [group = "", member = ""] = name.split(/\.(.*)/s);
  switch (group) {
    case "name":
      return own;
    case "version":
      return member === "" ? version : versionForm(version, member);
    case "platform":
      return member === "os" ? platform.os : platform.arch;
    case "options":
      return Object.hasOwn(options, member) ? options[member] : undefined;
    default:
      return undefined;
  }
}

function report(template: Template, offset: number, { findings }: Filling, message: string): void {
  findings.push(findingAt(placeAt(template.where, template.text, offset), "meaning", { message }));
}
