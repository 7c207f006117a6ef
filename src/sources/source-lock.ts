import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { acquireLock, type Lock } from "../system/lock.ts";
import type { FetchContext } from "./fetch-context.ts";
import { lockPath } from "./source-paths.ts";

/** Waits for the lock of work on `subject` and tells, by an event, when another process has it. */
export async function lockSource(context: FetchContext, subject: string): Promise<Lock> {
  const path = lockPath(context.directory, subject);
  mkdirSync(dirname(path), { recursive: true });
  return acquireLock(path, {
    command: `fetch ${subject}`,
    now: context.now,
    wait: true,
    signal: context.signal,
    onWait: (holder) => context.onEvent?.({ kind: "waiting", url: subject, holder }),
  });
}
