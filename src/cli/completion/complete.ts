import { eventTypes } from "../../model/log-event.ts";
import { expandAlias } from "../arguments/expand-alias.ts";
import type { Command, Completes, OptionSpecs } from "../command.ts";
import { GLOBAL_OPTIONS } from "../global-options.ts";
import { loadCommand, loadCommands } from "../registry.ts";
import { type Scan, scanWords } from "./scan-words.ts";

/** One thing that can be typed here. */
export interface Candidate {
  readonly value: string;
  readonly description?: string | undefined;
}

/** What can be typed at a place. `files` and `directories` are for the shell to add. */
export interface Offer {
  readonly files?: "files" | "directories";
  readonly candidates: readonly Candidate[];
}

/**
 * Answers a shell's question what the last of these words can be. `parameters` is the shell, then the words after the
 * program's name. The first line is `none`, `files` or `directories`; then a candidate a line, with its description
 * behind a tab. Whatever goes wrong, the answer is empty: nobody who presses a key wants to read an error.
 */
export async function complete(parameters: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const [shell, ...words] = parameters;
  try {
    const current = unquoted(words.at(-1) ?? "");
    const { files, candidates } = await offerFor(expandAlias(words.slice(0, -1)), current, env);
    // bash filters nothing by itself.
    const fitting = shell === "bash" ? candidates.filter(({ value }) => value.startsWith(current)) : candidates;
    return [files ?? "none", ...fitting.map(candidateLine), ""].join("\n");
  } catch {
    return "none\n";
  }
}

/** A shell hands over what was typed: the quote that a word begins with is none of it. */
function unquoted(word: string): string {
  return word.replace(/^['"]/, "");
}

async function offerFor(typed: readonly string[], current: string, env: NodeJS.ProcessEnv): Promise<Offer> {
  const name = scanWords(typed, GLOBAL_OPTIONS).words[0];
  const command = name === undefined ? undefined : await loadCommand(name);
  const specs: OptionSpecs = { ...GLOBAL_OPTIONS, ...command?.options };
  const scan = scanWords(typed, specs);
  const ask = (completes: Completes | undefined) => offerValues(completes, { scan, env, current });
  const askOption = async (option: string, value: string) => {
    const { completes, before } = completesOf(specs, option, value);
    return prefixed(before, await ask(completes));
  };
  if (scan.awaited !== undefined) return askOption(scan.awaited, current);
  const assigned = /^--([^=]+)=/.exec(current);
  if (assigned && !scan.isOptionsEnd) {
    const [before, option = ""] = assigned;
    return prefixed(before, await askOption(option, current.slice(before.length)));
  }
  // What a command that is run takes, nobody here knows: files are the best guess.
  if (command?.runs && scan.isOptionsEnd) return { files: "files", candidates: [] };
  const own = current.startsWith("-") && !scan.isOptionsEnd ? optionCandidates(specs) : [];
  const options = own.length > 0 && !command ? [...own, REVERT] : own;
  const offer = await ask(command ? positionalAt(command, scan.words.slice(1)) : wordBefore(name));
  const fresh = offer.candidates.filter(({ value }) => !scan.words.slice(1).includes(value));
  return { ...offer, candidates: [...fresh, ...options] };
}

const REVERT = { value: "--revert", description: "Go back to what was installed at a time" };

/** Where no command is known: its name, or after `help` that of another. */
function wordBefore(name: string | undefined): Completes | undefined {
  return name === undefined || name === "help" ? "command" : undefined;
}

function positionalAt({ positionals }: Command, before: readonly string[]): Completes | undefined {
  const all = Object.values(positionals);
  const last = all.at(-1);
  const spec = all[before.length] ?? (last?.need === "some" || last?.need === "any" ? last : undefined);
  const completes = spec?.completes ?? spec?.choices;
  return typeof completes === "function" ? completes(before) : completes;
}

/** What an option's value can be, and what of `value` stands before the part that is being typed. */
function completesOf(
  specs: OptionSpecs,
  name: string,
  value: string,
): { readonly completes: Completes | undefined; readonly before: string } {
  const spec = specs[name];
  if (spec?.type !== "string") return { completes: undefined, before: "" };
  const completes = spec.completes ?? spec.choices;
  const before = spec.separator === undefined ? "" : value.slice(0, value.lastIndexOf(spec.separator) + 1);
  const named = before.split(spec.separator ?? "");
  return {
    completes: Array.isArray(completes) ? completes.filter((each) => !named.includes(each)) : completes,
    before,
  };
}

async function offerValues(
  completes: Completes | undefined,
  { scan, env, current }: { readonly scan: Scan; readonly env: NodeJS.ProcessEnv; readonly current: string },
): Promise<Offer> {
  if (completes === undefined) return { candidates: [] };
  if (typeof completes !== "string") return { candidates: completes.map((value) => ({ value })) };
  switch (completes) {
    case "directory":
      return { files: "directories", candidates: [] };
    case "path":
      return { files: "files", candidates: [] };
    case "command":
      return { candidates: await commandCandidates() };
    case "record":
      return { candidates: await recordCandidates() };
    default: {
      const { storeCandidates } = await import("./store-candidates.ts");
      // Without a store there is still something to offer.
      const candidates = await storeCandidates(completes, { values: scan.values, env, current }).catch(() => []);
      return { ...(completes === "object" && { files: "files" }), candidates };
    }
  }
}

async function commandCandidates(): Promise<Candidate[]> {
  const commands = await loadCommands();
  const help = { value: "help", description: "Show help for a command" };
  return [...commands.map(({ name, summary }) => ({ value: name, description: summary })), help];
}

/** Types of records, and the words of commands that are told in the log. */
async function recordCandidates(): Promise<Candidate[]> {
  const types = eventTypes().map((value) => ({ value }));
  const commands = (await loadCommands()).filter(({ name, changes }) => changes && !eventTypes().includes(name));
  return [...types, ...commands.map(({ name, summary }) => ({ value: name, description: summary }))];
}

function optionCandidates(specs: OptionSpecs): Candidate[] {
  const own = Object.entries(specs).map(([name, { describe, ...spec }]) => ({
    value: spec.type === "boolean" && spec.default === true ? `--no-${name}` : `--${name}`,
    description: describe,
  }));
  return [...own, { value: "--help", description: "Show help" }];
}

function prefixed(prefix: string, offer: Offer): Offer {
  return { ...offer, candidates: offer.candidates.map((each) => ({ ...each, value: `${prefix}${each.value}` })) };
}

function candidateLine({ value, description }: Candidate): string {
  return description === undefined ? value : `${value}\t${description.replace(/\s+/g, " ")}`;
}
