import { StoreError } from "../errors.ts";
import { printableUrl } from "./printable-url.ts";

/**
 * Reads a URL of a file: `https:`, `http:` or `file:`.
 * @throws StoreError INVALID_INPUT
 */
export function parseFetchable(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ["file:", "http:", "https:"].includes(url.protocol)) return url;
  throw new StoreError("INVALID_INPUT", `'${printableUrl(text)}' is not a URL that can be fetched`, {
    hint: "Use https:, http: or file:.",
  });
}
