import { StoreError } from "../errors.ts";
import { readAs } from "./read-as.ts";
import { withoutCredentials } from "./without-credentials.ts";

/** Whether a word is a URL that something can be fetched from over the network. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/**
 * Refuses what begins as a URL and is none, or one that nothing is fetched from; a directory passes.
 * @throws StoreError INVALID_INPUT
 */
export function checkPlace(text: string): void {
  if (isWebUrl(text) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return;
  throw new StoreError("INVALID_INPUT", `'${withoutCredentials(text)}' is not an http URL`, {
    hint: "Write https://HOST/PATH, with a port below 65536 if there is one, or a directory.",
  });
}

/** @throws StoreError INVALID_INPUT naming the option or variable that these stand in */
export function checkPlaces(name: string, texts: readonly string[]): readonly string[] {
  for (const text of texts) readAs(name, () => checkPlace(text));
  return texts;
}
