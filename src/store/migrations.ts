import type { Layout } from "./layout.ts";
import { FORMAT } from "./store-file.ts";

/** How a store of one format becomes one of the next. */
export interface Migration {
  readonly from: number;
  /** Records that get another content, by their paths below the root. Reads only; the framework saves and replaces. */
  changes(layout: Layout): Iterable<{ readonly path: string; readonly content: string }>;
}

export interface Formats {
  readonly newest: number;
  readonly migrations: readonly Migration[];
}

/** Format 1 is the first. */
export const FORMATS: Formats = { newest: FORMAT, migrations: [] };
