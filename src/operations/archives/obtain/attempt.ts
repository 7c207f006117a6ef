import { type ErrorCode, StoreError } from "../../../errors.ts";
import type { BaseName } from "../../../model/ids.ts";
import type { RunOptions } from "../../run-options.ts";
import type { Workspace } from "../../workspace.ts";

/** Where an object was had from. */
export type ObtainedFrom = "store" | "archive" | "repository" | "source" | "build" | "generation";

export interface Obtained {
  /** The base name of the object. */
  readonly path: BaseName;
  readonly from: ObtainedFrom;
  /** The archive, directory or URL; absent where `from` says all. */
  readonly where?: string;
}

export interface NotObtained {
  /** The base name of the object. */
  readonly path: BaseName;
  /** What was tried and why it did not help, in words, in that order. */
  readonly reasons: readonly string[];
}

/** One line for each, which begins with a line feed: a sentence goes before them. */
export function missingLines(missing: readonly NotObtained[]): string {
  return missing.map(({ path, reasons }) => `\n  ${path}: ${reasons.join("; ")}`).join("");
}

/**
 * An object that is in the store now, or why it could not be had in one way; without reasons: this way does
 * not know it. Behind a final one nothing else is tried.
 */
export type Attempted = Obtained | { readonly reasons: readonly string[]; readonly isFinal?: boolean };

/** One way to have an object. What is wrong with a place is a reason; only what stops everything is thrown. */
export type Attempt = (object: BaseName) => Promise<Attempted>;

/** What the ways to have an object share. */
export interface Search {
  /** Makes an object be there, with what it refers to; whether it is. */
  obtain(object: BaseName): Promise<boolean>;
  /** Whether an object of the store shall be replaced. */
  isDamaged(object: BaseName): boolean;
}

export interface SearchRun extends RunOptions {
  readonly workspace: Workspace;
}

/** Whether an error says only that this way does not lead to the object; another one may. */
export function isPassing(error: unknown): error is StoreError {
  return error instanceof StoreError && !STOPPING.includes(error.code);
}

const STOPPING: readonly ErrorCode[] = ["NO_SPACE", "INTERRUPTED", "FAILED", "BUSY"];

export function isObtained(attempted: Attempted): attempted is Obtained {
  return "from" in attempted;
}
