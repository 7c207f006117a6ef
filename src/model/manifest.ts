import { canonicalSum, type Json } from "./canonical-json.ts";
import {
  type BaseName,
  type PackageName,
  type PackageVersion,
  parseBaseName,
  parsePackageName,
  parsePackageVersion,
  parseTreeId,
  type TreeId,
} from "./ids.ts";
import { damagedRecord, isJsonObject, parsedText, parseJsonObject, readRecord } from "./json-object.ts";

/** Where an object came from, for people and for getting it again. `kind` tells which other members there are. */
export interface Origin {
  readonly kind: "directory" | "file" | "archive" | "url" | "npm" | "build" | "profile" | "import" | "repair";
  readonly [key: string]: unknown;
}

/** The record of one store object. Where it is present and well-formed, the object is valid. */
export interface Manifest {
  readonly path: BaseName;
  readonly name: PackageName;
  readonly version: PackageVersion;
  readonly treeId: TreeId;
  /** `content`: the digest in the name is the tree id's; `input`: it is that of a derivation key. */
  readonly addressing: "content" | "input";
  /** Bytes in regular files. */
  readonly size: number;
  /** Regular files and symlinks. */
  readonly files: number;
  /** Other objects that this one's bytes mention, sorted. */
  readonly references: readonly BaseName[];
  /** Whether the object mentions the storeDir or itself: its local bytes differ from the canonical ones. */
  readonly localised: boolean;
  /** UTC, RFC 3339. */
  readonly created: string;
  readonly origin: Origin;
  /** Members that this version does not know; they are kept. */
  readonly unknown: Readonly<Record<string, unknown>>;
}

const MANIFEST_FORMAT = 1;

export function printManifest(manifest: Manifest): string {
  const { unknown, ...known } = manifest;
  // What JSON leaves out must not count in the sum either.
  const plain = JSON.parse(JSON.stringify({ format: MANIFEST_FORMAT, ...known, ...unknown })) as Members;
  return `${JSON.stringify({ ...plain, sum: canonicalSum(plain) }, null, 2)}\n`;
}

type Members = { readonly [key: string]: Json };

/**
 * Reads a manifest's text; `source` names it in messages. What an object needs and where it came from cannot be told from
 * its bytes alone, so a sum makes sure that it is as it was written; a manifest without one is taken for what it says.
 * @throws StoreError DAMAGED, NEWER_FORMAT
 */
export function parseManifest(text: string, source: string): Manifest {
  const { sum, ...summed } = parseJsonObject(text, source);
  const { origin, localised, ...members } = summed;
  const record = readRecord(members, source, MANIFEST_FORMAT);
  if (sum !== undefined && sum !== canonicalSum(summed as Members))
    throw damagedRecord(source, "its sum is that of other content");
  if (!isJsonObject(origin) || typeof origin.kind !== "string") throw damagedRecord(source, "origin is missing");
  if (typeof localised !== "boolean") throw damagedRecord(source, "localised is neither true nor false");
  const addressing = record.text("addressing");
  if (addressing !== "content" && addressing !== "input") {
    throw damagedRecord(source, "addressing is neither content nor input");
  }
  return {
    path: record.parsed("path", parseBaseName),
    name: record.parsed("name", parsePackageName),
    version: record.parsed("version", parsePackageVersion),
    treeId: record.parsed("treeId", parseTreeId),
    addressing,
    size: record.count("size"),
    files: record.count("files"),
    references: record
      .list("references")
      .map((item) => parsedText(item, parseBaseName, { source, member: "references" })),
    localised,
    created: record.text("created"),
    origin: origin as unknown as Origin,
    unknown: record.rest(),
  };
}
