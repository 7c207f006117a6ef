import { explainSystemError } from "../../model/explain-system-error.ts";

/** Something that the system does not let go of, and why: a sentence with its path. */
export type Stuck = string;

/** Removes one thing. What the system refuses is told, and keeps nothing else from being removed: `undefined`. */
export function removeOr<Result>(stuck: Stuck[], remove: () => Result): Result | undefined {
  try {
    return remove();
  } catch (error) {
    const explained = explainSystemError(error);
    if (!explained) throw error;
    stuck.push(explained.message);
    return undefined;
  }
}
