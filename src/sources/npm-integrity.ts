import { StoreError } from "../errors.ts";
import { clip, printable } from "../model/printable.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type Integrity, parseAlternatives, toIntegrity } from "./integrity.ts";
import { isKept } from "./kept-files.ts";
import { printableUrl } from "./printable-url.ts";
import type { SourceRecord } from "./source-record.ts";

/** What a tarball can be: `integrity`, or else one of the others, which mostly there are none of. */
export interface Promised {
  readonly integrity: Integrity;
  readonly alternatives?: readonly Integrity[];
}

/**
 * What a registry says the content of a tarball is. Of several hashes the one of a file that is here comes first.
 * Packages of before 2017 have only `shasum`, a SHA-1 in hexadecimal.
 *
 * @throws StoreError INTEGRITY when it says nothing that counts
 */
export function promisedContent(
  context: FetchContext,
  dist: SourceRecord,
  { subject, registry }: { readonly subject: string; readonly registry: string },
): Promised {
  const promised = promisedIntegrities(dist);
  const kept = promised.find((each) => promised.length > 1 && isKept(context, each));
  const integrity = kept ?? promised[0];
  const alternatives = promised.filter((each) => each !== integrity);
  if (integrity) return { integrity, ...(alternatives.length > 0 && { alternatives }) };
  const given = [dist.integrity, dist.shasum].find((each) => typeof each === "string" && each !== "");
  const found = typeof given === "string" ? ` that counts: '${clip(printable(given), 200)}'` : "";
  throw new StoreError(
    "INTEGRITY",
    `the registry ${printableUrl(registry)} gives no integrity for ${subject}${found}`,
    {
      hint: "Fetch the tarball by its URL, with an integrity of your own.",
      details: { registry: printableUrl(registry) },
    },
  );
}

export function promisedIntegrities({ integrity, shasum }: SourceRecord): readonly Integrity[] {
  if (typeof integrity === "string" && integrity !== "") return parseAlternatives(integrity);
  const isSha1 = typeof shasum === "string" && /^[0-9A-Fa-f]{40}$/.test(shasum);
  return isSha1 ? [toIntegrity({ algorithm: "sha1", hex: shasum.toLowerCase() })] : [];
}
