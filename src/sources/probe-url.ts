import { environmentAccess } from "./environment-access.ts";
import type { FetchContext } from "./fetch-context.ts";
import { parseFetchable } from "./fetchable-url.ts";
import { exchange, statusError } from "./http-exchange.ts";
import { parseIntegrity } from "./integrity.ts";
import { isKept } from "./kept-files.ts";
import { printableUrl } from "./printable-url.ts";
import { recordedContents } from "./url-record.ts";

/**
 * Whether an `http:` or `https:` URL leads to a file, and how large it is as far as the server says; nothing of the file
 * is read. Offline it is what was fetched from there the last time.
 * @throws StoreError NETWORK, INVALID_INPUT for what is no URL
 */
export async function probeUrl(
  context: FetchContext,
  text: string,
): Promise<{ readonly bytes: number | undefined; readonly isKept: boolean } | undefined> {
  const url = parseFetchable(text);
  if (context.offline) {
    const [latest] = recordedContents(context, printableUrl(url));
    const found = latest && isKept(context, parseIntegrity(latest.integrity));
    return found ? { bytes: latest.size, isKept: true } : undefined;
  }
  return exchange(context, url, {
    access: environmentAccess(context, url),
    headers: {},
    receive: async (response) => {
      if (response.status === 404 || response.status === 410) return undefined;
      if (response.status !== 200) throw statusError(response, url);
      const length = Number(response.headers.get("content-length") ?? Number.NaN);
      return { bytes: Number.isSafeInteger(length) ? length : undefined, isKept: false };
    },
  });
}
