import { StoreError } from "../errors.ts";
import { undecodableDirectory, undecodableVariables, undecodableWords } from "../system/undecodable.ts";

/** Variables that name places: with another name they would be other places. */
const PLACES = /^(?:STORE_\w+|HOME|XDG_DATA_HOME|XDG_CACHE_HOME)$/;

/**
 * A command line that does not come as it was typed would hit other files than were meant.
 * @throws StoreError INVALID_INPUT when words, working directory or variables that name places are not UTF-8
 */
export function refuseUndecodable(env: NodeJS.ProcessEnv): void {
  const [word] = undecodableWords();
  if (word !== undefined) {
    throw new StoreError("INVALID_INPUT", `the argument ${word} is not UTF-8`, {
      hint: `Rename what it names; behind --, \`sh -c '…'\` can name it by a pattern.`,
      details: { argument: word },
    });
  }
  const directory = undecodableDirectory();
  if (directory !== undefined) {
    throw new StoreError("INVALID_INPUT", `the path of the working directory is not UTF-8: ${directory}`, {
      hint: "Go to another directory, or rename this one.",
      details: { directory },
    });
  }
  const places = Object.fromEntries(Object.entries(env).filter(([name]) => PLACES.test(name)));
  const [variable] = undecodableVariables(places);
  if (variable !== undefined) {
    throw new StoreError("INVALID_INPUT", `the value of $${variable} is not UTF-8`, {
      hint: "Name another place.",
      details: { variable },
    });
  }
}
