import { jsonWithoutCredentials } from "../model/without-credentials.ts";
import type { Topic } from "./debug-topics.ts";

/** Traces what a person asked to see with --debug. */
export interface Debug {
  trace(topic: Topic, value: unknown): void;
  /** Notes that a stage is reached. */
  time(stage: string): void;
}

/** `elapsed` gives milliseconds since the process started. */
export function createDebug(topics: readonly Topic[], elapsed: () => number, print: (line: string) => void): Debug {
  const trace: Debug["trace"] = (topic, value) => {
    if (!topics.includes(topic)) return;
    const text = typeof value === "string" ? value : jsonWithoutCredentials(value);
    print(`${elapsed().toFixed(1).padStart(9)} ms  ${topic}  ${text}`);
  };
  return { trace, time: (stage) => trace("time", stage) };
}
