import { StoreError } from "../errors.ts";
import { formatCount } from "./format-count.ts";
import { type GenerationNumber, parseGenerationNumber } from "./ids.ts";
import { matchTime, suggestTime, TIME_FORMS, type TimeExpression } from "./time-expression.ts";

/** The name of a checkpoint: `before-upgrade`. */
export type TagName = string & { readonly __brand: "TagName" };

/** What a person writes to name a generation (SEL): by number, by place, by transaction, by name or by time. */
export type Selector =
  | { readonly kind: "generation"; readonly generation: GenerationNumber }
  /** So many existing generations after (or, negative, before) the current one. */
  | { readonly kind: "relative"; readonly steps: number }
  /** `-`: the generation that was live before the current one. */
  | { readonly kind: "previous" }
  /** What was live when this transaction was done. */
  | { readonly kind: "transaction"; readonly transaction: number }
  | { readonly kind: "tag"; readonly name: TagName }
  | { readonly kind: "time"; readonly expression: TimeExpression; readonly text: string };

const GENERATION = /^(?:gen-)?(\d+)$/;
const RELATIVE = /^[+-]\d+$/;
const TRANSACTION = /^#(\d+)$/;
const TAG = /^tag:(.*)$/s;
const TAG_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** @throws StoreError INVALID_INPUT */
export function parseSelector(text: string): Selector {
  const selector = matchSelector(text);
  if (selector) return selector;
  throw new StoreError("INVALID_INPUT", `'${text}' names no generation`, {
    hint: `${suggest(text)}Use gen-41 or 41, -1, +1, - (the one before), #57 (a transaction), tag:NAME, or a time: ${TIME_FORMS}.`,
  });
}

/**
 * `kind` is what errors say it is the name of.
 * @throws StoreError INVALID_INPUT
 */
export function parseTagName(text: string, kind = "checkpoint"): TagName {
  if (TAG_NAME.test(text)) return text as TagName;
  throw new StoreError("INVALID_INPUT", `'${text}' is not the name of a ${kind}`, {
    hint: "Use letters, digits and _ . - (not first: _ . -), at most 64 characters.",
  });
}

export interface GenerationLine {
  /** The numbers that exist, in any order. */
  readonly existing: readonly GenerationNumber[];
  readonly current: GenerationNumber;
  readonly previous: GenerationNumber | undefined;
}

/**
 * The generation that a selector names without help of the log.
 * @throws StoreError NOT_FOUND when there is no such generation
 */
export function pickGeneration(
  selector: Extract<Selector, { kind: "generation" | "relative" | "previous" }>,
  line: GenerationLine,
): GenerationNumber {
  const sorted = [...line.existing].sort((a, b) => a - b);
  switch (selector.kind) {
    case "generation":
      return found(line.existing.includes(selector.generation), selector.generation, sorted);
    case "relative":
      return pickRelative(selector.steps, line.current, sorted);
    case "previous":
      if (line.previous !== undefined) return found(line.existing.includes(line.previous), line.previous, sorted);
      throw new StoreError("NOT_FOUND", "no other generation was live before this one", {
        hint: "List the generations with 'store generations' and name one.",
      });
  }
}

function matchSelector(text: string): Selector | undefined {
  if (text === "-") return { kind: "previous" };
  if (RELATIVE.test(text)) return { kind: "relative", steps: safe(Number(text), text) + 0 };
  const generation = GENERATION.exec(text)?.[1];
  if (generation) return { kind: "generation", generation: parseGenerationNumber(safe(Number(generation), text)) };
  const transaction = TRANSACTION.exec(text)?.[1];
  if (transaction) return { kind: "transaction", transaction: safe(Number(transaction), text) };
  const tag = TAG.exec(text)?.[1];
  if (tag !== undefined) return { kind: "tag", name: parseTagName(tag) };
  const expression = matchTime(text);
  return expression && { kind: "time", expression, text };
}

function safe(value: number, text: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw new StoreError("INVALID_INPUT", `'${text}' is too large a number`, {
    hint: "List the generations with 'store generations' and name one.",
  });
}

function suggest(text: string): string {
  const generation = /^gen(?:eration)?[ _-]*(\d+)$/i.exec(text.trim());
  if (generation) return `Did you mean 'gen-${generation[1]}'? `;
  const transaction = /^(?:tx|transaction|#)[ _#-]*(\d+)$|^(\d+)#$/i.exec(text.trim());
  if (transaction) return `Did you mean '#${transaction[1] ?? transaction[2]}'? `;
  const tag = /^(?:tag[= /]|@)([\w.-]+)$/i.exec(text.trim());
  if (tag) return `Did you mean 'tag:${tag[1]}'? `;
  const number = /^([+-]) +(\d+)$/.exec(text.trim());
  if (number) return `Did you mean '${number[1]}${number[2]}'? `;
  return suggestTime(text) ?? "";
}

function pickRelative(steps: number, current: GenerationNumber, sorted: readonly GenerationNumber[]) {
  // The current one counts even when its record was lost: the steps start beside it.
  const around = steps < 0 ? sorted.filter((n) => n < current).reverse() : sorted.filter((n) => n > current);
  if (steps === 0) return current;
  const picked = around[Math.abs(steps) - 1];
  if (picked !== undefined) return picked;
  const side = steps < 0 ? "before" : "after";
  const only = `${around.length === 1 ? "is" : "are"} only ${formatCount(around.length, "generation")}`;
  throw new StoreError("NOT_FOUND", `there ${only} ${side} gen-${current}`, {
    hint: `There ${describe(sorted)}.`,
  });
}

function found(exists: boolean, generation: GenerationNumber, sorted: readonly GenerationNumber[]): GenerationNumber {
  if (exists) return generation;
  throw new StoreError("NOT_FOUND", `there is no gen-${generation}`, { hint: `There ${describe(sorted)}.` });
}

function describe(sorted: readonly GenerationNumber[]): string {
  const names = sorted.map((n) => `gen-${n}`);
  if (names.length <= 8) return `${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
  return `are ${names.slice(0, 2).join(", ")} … ${names.slice(-4).join(", ")}`;
}
