import { type GenerationNumber, parseGenerationNumber } from "./ids.ts";
import type { LogEvent } from "./log-event.ts";

/** Generations of a profile that are kept whatever is collected, and names for generations. */
export interface Marks {
  readonly generations: ReadonlySet<GenerationNumber>;
  readonly tags: ReadonlyMap<string, GenerationNumber>;
}

/** One change of them, as it is logged. */
export type MarkEvent = Extract<LogEvent, { type: "pin" | "unpin" | "tag" | "untag" }>;

export function isMark(event: LogEvent): event is MarkEvent {
  return event.type === "pin" || event.type === "unpin" || event.type === "tag" || event.type === "untag";
}

/** Whether they are already what the change would make them. */
export function isMarked({ generations, tags }: Marks, event: MarkEvent): boolean {
  switch (event.type) {
    case "pin":
      return generations.has(parseGenerationNumber(event.generation));
    case "unpin":
      return !generations.has(parseGenerationNumber(event.generation));
    case "tag":
      return tags.get(event.name) === event.generation;
    case "untag":
      return !tags.has(event.name);
  }
}

/** The pins and names after a change. */
export function applyMark<T extends Marks>(marks: T, event: MarkEvent): T {
  const generations = new Set(marks.generations);
  const tags = new Map(marks.tags);
  switch (event.type) {
    case "pin":
      generations.add(parseGenerationNumber(event.generation));
      break;
    case "unpin":
      generations.delete(parseGenerationNumber(event.generation));
      break;
    case "tag":
      tags.set(event.name, parseGenerationNumber(event.generation));
      break;
    case "untag":
      tags.delete(event.name);
      break;
  }
  return { ...marks, generations, tags };
}

/** The change that leads back to `before` from what `event` made of it. */
export function invertMark(event: MarkEvent, before: Pick<Marks, "tags">): MarkEvent {
  switch (event.type) {
    case "pin":
      return { type: "unpin", generation: event.generation };
    case "unpin":
      return { type: "pin", generation: event.generation };
    case "tag":
    case "untag": {
      const generation = before.tags.get(event.name);
      return generation === undefined
        ? { type: "untag", name: event.name }
        : { type: "tag", name: event.name, generation };
    }
  }
}

/** What a change makes of pins and names, in words. */
export function markText(event: MarkEvent): string {
  switch (event.type) {
    case "pin":
      return `gen-${event.generation} is pinned`;
    case "unpin":
      return `gen-${event.generation} is not pinned`;
    case "tag":
      return `${event.name} is gen-${event.generation}`;
    case "untag":
      return `there is no checkpoint ${event.name}`;
  }
}
