import { StoreError } from "../errors.ts";
import type { RecordedContent } from "./fetch-context.ts";
import type { FileHashes } from "./hash-file.ts";
import { type Integrity, toContentHash, toIntegrity } from "./integrity.ts";

/** Who says what the content must be: advice is given in their words. */
export type IntegrityGiver = "recipe" | "option" | "registry";

export interface Served {
  /** The URL, without credentials. */
  readonly url: string;
  readonly hashes: FileHashes;
  /** What the URL gave before. */
  readonly recorded: readonly RecordedContent[];
  /** A recipe, unless it says otherwise. */
  readonly giver?: IntegrityGiver | undefined;
}

/** The error for content that is not what the integrity says. */
export function wrongContent(expected: Integrity, served: Served): StoreError {
  const { url, hashes, recorded } = served;
  const { algorithm } = toContentHash(expected);
  const actual = toIntegrity({ algorithm, hex: hashes.hex.get(algorithm) as string });
  const sha256 = sha256Of(hashes);
  return new StoreError(
    "INTEGRITY",
    `${url} has other content than its integrity says\n  expected: ${expected}\n  actual:   ${actual}`,
    {
      hint: wrongContentHint(sha256, served),
      details: { url, expected, actual, sha256, size: hashes.size, recorded },
    },
  );
}

function wrongContentHint(sha256: Integrity, { recorded, giver }: Served): string {
  if (giver === "registry") return "The registry announces other content than it gives: try again, or ask who runs it.";
  const before = recorded.find((content) => content.integrity !== sha256);
  const same = recorded.find((content) => content.integrity === sha256);
  const way = written(sha256, giver);
  if (same)
    return `It had this content on ${same.last} already: the integrity may be wrong. If you trust the content, write ${way}.`;
  return before
    ? `On ${before.last} it had ${before.integrity}: the file was replaced since. Find out why before you write ${way}.`
    : `If you trust this content, write ${way}.`;
}

function written(integrity: Integrity, giver: IntegrityGiver | undefined): string {
  return giver === "option" ? `\`--integrity ${integrity}\`` : `\`integrity: ${integrity}\``;
}

/** The error for content from the network that has no integrity. */
export function missingIntegrity({ url, hashes, recorded, giver }: Served): StoreError {
  const actual = sha256Of(hashes);
  const other = recorded.find((content) => content.integrity !== actual);
  return new StoreError("INTEGRITY", `${url} has no integrity; what it gives now is\n  actual:   ${actual}`, {
    hint: `Check the content, then add ${written(actual, giver)}.${
      other ? ` Mind that on ${other.last} it gave ${other.integrity}.` : ""
    }`,
    details: { url, actual, size: hashes.size, recorded },
  });
}

function sha256Of(hashes: FileHashes): Integrity {
  return toIntegrity({ algorithm: "sha256", hex: hashes.hex.get("sha256") as string });
}
