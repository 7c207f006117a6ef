import type { RealiseEvent } from "../build/realise-options.ts";
import type { FetchEvent } from "../sources/fetch-context.ts";
import type { LockHolder } from "../system/lock.ts";
import type { BisectTest } from "./running/bisect-test.ts";

/** What long operations tell while they run; the command line's progress is made from these. */
export type StoreEvent =
  /** A step begins that takes long enough to be named. */
  | {
      readonly kind: "step";
      readonly step: "resolve" | "fetch" | "extract" | "import" | "export" | "commit" | "link";
      readonly subject: string;
    }
  | {
      readonly kind: "extracting";
      readonly subject: string;
      readonly readBytes: number;
      readonly totalBytes: number;
      readonly entries: number;
    }
  | { readonly kind: "importing"; readonly subject: string; readonly files: number; readonly bytes: number }
  /** What is being read to check it: how many files, and bytes in them, so far. */
  | { readonly kind: "verifying"; readonly subject: string; readonly files: number; readonly bytes: number }
  | { readonly kind: "fetching"; readonly event: FetchEvent }
  | { readonly kind: "building"; readonly event: RealiseEvent }
  /** A search ran its command once more. */
  | { readonly kind: "tested"; readonly test: BisectTest }
  /** A line that the check of a coming generation prints. */
  | { readonly kind: "checking"; readonly line: string }
  /** So many of the objects that nothing keeps are deleted. */
  | { readonly kind: "collecting"; readonly deleted: number; readonly total: number; readonly freedBytes: number }
  /** Another process holds a lock that this one needs. */
  | { readonly kind: "waiting"; readonly holder: LockHolder | undefined }
  /** Something that a person should know and that stops nothing. */
  | { readonly kind: "warning"; readonly message: string; readonly hint?: string };

/** What every operation takes besides its input. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: StoreEvent) => void) | undefined;
  /** Absolute path of a file that a change of a profile is recorded in, for `rollback` and `replay`. Must not exist. */
  readonly trackingJournal?: string | undefined;
}
