import { StoreError } from "../errors.ts";
import type { ProfileName } from "../model/ids.ts";
import type { HistoryState } from "../model/log-state.ts";
import { lockPath } from "./layout.ts";
import { stateAfter } from "./log/history.ts";
import { openLog, type TransactionLog } from "./log/transaction-log.ts";
import type { Store } from "./open-store.ts";

/** The log for who only reads it, and for what a writer adds to it: how the profiles are. */
export function logToRead({ layout, context }: Store): TransactionLog {
  const { command, now, timeZone } = context;
  return openLog(layout.log, {
    lockFile: lockPath(layout, "log"),
    command: command.join(" "),
    now,
    zone: timeZone,
  });
}

/** The profiles as the log knows them; `undefined` where it is damaged. */
export function toldProfiles(store: Store): HistoryState | undefined {
  try {
    return stateAfter(logToRead(store));
  } catch (error) {
    if (error instanceof StoreError && (error.code === "DAMAGED" || error.code === "NEWER_FORMAT")) return undefined;
    throw error;
  }
}

/** That a profile which is not there was lost, where the log tells of generations of it. */
export function lostProfile(told: HistoryState | undefined, profile: ProfileName): StoreError | undefined {
  const last = told?.get(profile)?.generations.at(-1)?.[1] ?? 0;
  if (last === 0) return undefined;
  return new StoreError("DAMAGED", `profile ${profile} is not there, and the log tells of gen-${last} of it`, {
    hint: "Run `store verify --repair`, which makes it anew from the log, or put its directory back.",
    details: { profile, generation: last },
  });
}
