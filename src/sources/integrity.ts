import ssri from "ssri";
import { StoreError } from "../errors.ts";

/** What content must be: one hash in the form of Subresource Integrity, `<algorithm>-<base64>`. */
export type Integrity = string & { readonly __brand: "Integrity" };

/** Weakest first. `sha1` is there for npm packages of before 2017. */
export const ALGORITHMS = ["sha1", "sha256", "sha384", "sha512"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface ContentHash {
  readonly algorithm: Algorithm;
  /** Lower-case hexadecimal digits. */
  readonly hex: string;
}

/**
 * Reads an integrity: Subresource Integrity (of several hashes the strongest algorithm counts), `sha256:<hex>` with any
 * of the algorithms, or 64 hexadecimal digits for SHA-256.
 *
 * @throws StoreError INVALID_INPUT
 */
export function parseIntegrity(text: string): Integrity {
  const trimmed = text.trim();
  const hash = parseHex(trimmed) ?? parseSri(trimmed);
  if (hash) return toIntegrity(hash);
  throw new StoreError("INVALID_INPUT", `'${text}' is not an integrity`, {
    hint: "Write sha256-<base64>, sha256:<hex> or the 64 hexadecimal digits of a SHA-256; sha512, sha384 and sha1 are accepted, weaker ones are not.",
  });
}

export function toIntegrity(hash: ContentHash): Integrity {
  return `${hash.algorithm}-${Buffer.from(hash.hex, "hex").toString("base64")}` as Integrity;
}

export function toContentHash(integrity: Integrity): ContentHash {
  const [algorithm = "", base64 = ""] = integrity.split(/-(.*)/s);
  return { algorithm: algorithm as Algorithm, hex: Buffer.from(base64, "base64").toString("hex") };
}

const BYTES: Readonly<Record<Algorithm, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

function parseHex(text: string): ContentHash | undefined {
  const [, name = "sha256", digits = ""] = /^(?:(sha\d+):)?([0-9A-Fa-f]+)$/.exec(text) ?? [];
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (!algorithm || digits.length !== 2 * BYTES[algorithm]) return undefined;
  return { algorithm, hex: digits.toLowerCase() };
}

/** Two hashes of one algorithm would allow two contents; a source has one. */
function parseSri(text: string): ContentHash | undefined {
  const [hash, ...others] = sriHashes(text);
  return others.length === 0 ? hash : undefined;
}

/**
 * What Subresource Integrity allows content to be: any of the hashes of the strongest algorithm, in their order; nothing
 * when one of them is none. For what others wrote down: what a person writes is one hash.
 */
export function parseAlternatives(text: string): readonly Integrity[] {
  return sriHashes(text).map(toIntegrity);
}

function sriHashes(text: string): readonly ContentHash[] {
  const parsed = ssri.parse(text);
  const algorithm = ALGORITHMS.findLast((name) => parsed?.[name]);
  if (!algorithm) return [];
  const digests = new Set(parsed?.[algorithm]?.map((hash) => decode(hash.digest, BYTES[algorithm])));
  const hashes = [...digests].flatMap((hex) => (hex === undefined ? [] : [{ algorithm, hex }]));
  return hashes.length === digests.size ? hashes : [];
}

/** `base64` as hexadecimal digits when it stands for exactly `size` bytes; its padding may be missing. */
function decode(base64: string, size: number): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  const same = bytes.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "");
  return same && bytes.length === size ? bytes.toString("hex") : undefined;
}
