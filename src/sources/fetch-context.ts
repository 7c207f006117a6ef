import type { StoreError } from "../errors.ts";
import type { TreeId } from "../model/ids.ts";
import type { Mirror } from "../model/mirror.ts";
import type { LockHolder } from "../system/lock.ts";
import type { Integrity } from "./integrity.ts";

/** What fetching may not take from the machine by itself. */
export interface FetchContext {
  /** `<storeRoot>/sources`; it exists. */
  readonly directory: string;
  /** Use only what is kept already, and `file:` URLs. */
  readonly offline: boolean;
  /** Proxies, certificates, npm's `npm_config_*`, `HOME` and `PATH` are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where npm looks for a project's `.npmrc`. */
  readonly cwd: string;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: FetchEvent) => void) | undefined;
  /** Asked before the URLs themselves, in this order. */
  readonly mirrors?: readonly Mirror[] | undefined;
  /** Most bytes of a file from a server, unless a request says less. Default: any number. */
  readonly maxBytes?: number | undefined;
  /** Mirrors that no connection could be made to, by host: they are asked once. Absent: once for each file. */
  readonly unreachable?: Map<string, StoreError> | undefined;
  /** Milliseconds without a byte after which a connection counts as dead. Default: 60,000. */
  readonly stallTimeoutMs?: number | undefined;
  /** How often a URL is tried again after a passing fault. Default: 3. */
  readonly retries?: number | undefined;
  /** False where another place follows: a host that no connection can be made to is not tried again. Default: true. */
  readonly waitsForHost?: boolean | undefined;
  /** Milliseconds before the first new try; doubled for each further one. Default: 500. */
  readonly retryDelayMs?: number | undefined;
}

/** URLs in events hold no credentials. */
export type FetchEvent =
  | { readonly kind: "waiting"; readonly url: string; readonly holder: LockHolder | undefined }
  /** `received` is more than 0 when a partial download goes on; sizes in bytes. */
  | Transfer<"started">
  | Transfer<"progress">
  | { readonly kind: "retrying"; readonly url: string; readonly reason: string; readonly delayMs: number }
  /** This URL failed, the next one is tried. A mirror that has no such file is `missing` it: nothing to worry about. */
  | { readonly kind: "skipped"; readonly url: string; readonly reason: string; readonly missing: boolean }
  | {
      readonly kind: "fetched";
      readonly url: string;
      readonly integrity: Integrity;
      readonly size: number;
      readonly reused: boolean;
    }
  /** The URL gave other content when it was fetched before. */
  | {
      readonly kind: "changed";
      readonly url: string;
      readonly integrity: Integrity;
      readonly recorded: readonly RecordedContent[];
    }
  /** A kept file or tree no longer has its content; it is fetched again. */
  | { readonly kind: "damaged"; readonly path: string }
  /** The reason is one printable line. */
  | { readonly kind: "deprecated"; readonly name: string; readonly version: string; readonly reason: string }
  | { readonly kind: "checked-out"; readonly url: string; readonly treeId: TreeId; readonly reused: boolean }
  /** What git says about its progress. */
  | { readonly kind: "git"; readonly url: string; readonly text: string };

interface Transfer<Kind extends string> {
  readonly kind: Kind;
  readonly url: string;
  readonly received: number;
  /** Unknown when the server does not say. */
  readonly total: number | undefined;
}

/** Content that a URL gave. */
export interface RecordedContent {
  /** SHA-256. */
  readonly integrity: Integrity;
  readonly size: number;
  /** UTC, RFC 3339: when the URL was first and last seen with this content. */
  readonly first: string;
  readonly last: string;
}

/** A source file that lies in the store. */
export interface Fetched {
  /** Read-only; named by content, so `fileName` is needed to know what kind of file it is. */
  readonly path: string;
  readonly fileName: string;
  /** SHA-256. */
  readonly integrity: Integrity;
  /** In bytes. */
  readonly size: number;
  /** The URL that served it, now or when it was fetched; the first that was asked for where that is not known; no credentials. */
  readonly origin: string;
  readonly reused: boolean;
}
