import { StoreError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";

/**
 * What can be traced: `args` (how the command line was read), `events` (what operations tell), `fetch` (downloads
 * only), `log` (records as they are written to the transaction log), `plan` (what a command is going to change), `time`
 * (start-up, opening the store, the command).
 */
export const TOPICS = ["args", "events", "fetch", "log", "plan", "time"] as const;
export type Topic = (typeof TOPICS)[number];

/**
 * Topics separated by commas.
 * @throws StoreError USAGE
 */
export function parseTopics(text: string): readonly Topic[] {
  return text.split(",").map((word) => {
    const topic = TOPICS.find((known) => known === word);
    if (topic) return topic;
    const guess = nearest(word, TOPICS);
    throw new StoreError("USAGE", `there is nothing to trace called '${word}'`, {
      hint: `${guess ? `Did you mean '${guess}'? ` : ""}Topics are ${TOPICS.join(", ")}.`,
    });
  });
}
