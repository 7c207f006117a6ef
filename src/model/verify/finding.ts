import type { ByteString } from "../byte-string.ts";
import type { BaseName, ProfileName } from "../ids.ts";

/**
 * Everything that can be wrong with a store. What ends in a file of an object has `object` and `path`; what concerns a
 * record has its file as `subject`.
 */
export type FindingKind =
  | "missing-object"
  | "missing-file"
  | "extra-file"
  | "changed-file"
  | "unreadable-file"
  | "wrong-kind"
  | "wrong-link"
  | "wrong-mode"
  | "wrong-time"
  | "wrong-owner"
  | "attributes"
  | "lost-manifest"
  | "damaged-manifest"
  | "damaged-list"
  | "missing-reference"
  | "orphan"
  | "stray"
  | "pool-file"
  | "pool-stray"
  | "twin"
  | "profile"
  | "generation"
  | "leftover"
  | "pins"
  | "build"
  | "index"
  | "log"
  | "source"
  | "archive"
  | "root";

export interface Finding {
  readonly kind: FindingKind;
  /** What a person calls it: `<base name>/bin/x`, `default/gen-3`, `log/000001.jsonl:7`. */
  readonly subject: string;
  /** What is wrong, in words that follow the subject: `is missing`. */
  readonly reason: string;
  readonly object?: BaseName | undefined;
  /** Path in the object. */
  readonly path?: ByteString | undefined;
  readonly place?: ProfilePlace | undefined;
  /** The object that is missed. */
  readonly reference?: BaseName | undefined;
}

/** The part of a profile that a finding is about. */
export interface ProfilePlace {
  readonly profile: ProfileName;
  readonly part: "record" | "current" | "previous" | "pins" | "generation" | "link" | "objects" | "change" | "unmade";
  /** Of `generation`, `link`, `objects` and `unmade`. */
  readonly generation?: number | undefined;
}

/** What became of a finding. */
export interface SettledFinding extends Finding {
  readonly outcome: Outcome;
}

export type Outcome =
  /** It was not asked for a repair, or it harms nothing and stays. */
  | { readonly state: "found" }
  /** Good again; `from` tells where the bytes came from. */
  | { readonly state: "repaired"; readonly from: string }
  /** Nobody has good bytes; what lies there was left as it is. */
  | { readonly state: "no-source"; readonly hint: string }
  | { readonly state: "failed"; readonly reason: string };

/** Findings that a killed process or a collection leaves behind and that harm nothing. They do not count as damage. */
const HARMLESS: ReadonlySet<FindingKind> = new Set(["orphan", "leftover", "build", "pool-stray"]);

export function isHarmless({ kind }: Finding): boolean {
  return HARMLESS.has(kind);
}

/** Whether the store is still damaged by it. */
export function staysBad(finding: SettledFinding): boolean {
  return !isHarmless(finding) && finding.outcome.state !== "repaired";
}
