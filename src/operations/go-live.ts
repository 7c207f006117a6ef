import { StoreError } from "../errors.ts";
import type { Change } from "../model/change.ts";
import { type GenerationNumber, type ProfileName, parseGenerationNumber } from "../model/ids.ts";
import { logAbort, logCommit, openIntents, readIntent } from "../store/journal.ts";
import type { Store } from "../store/open-store.ts";
import { activateGeneration, noteActivation, readProfile, removeGeneration } from "../store/profiles.ts";
import type { RunOptions } from "./run-options.ts";

/**
 * Carries out a change whose generation is written and whose intent is logged: the rename, then what follows from it.
 * Once the link is replaced the change is done; what fails behind it is settled by the next command.
 */
export async function goLive(store: Store, change: Change, run: RunOptions): Promise<Change> {
  activateGeneration(store, change.profile, change.to);
  try {
    noteLive(store, change.profile, change);
    await logCommit(store, change);
  } catch (error) {
    const message = `gen-${change.to} is live, but the log does not say so yet: ${describe(error).message}`;
    run.onEvent?.({ kind: "warning", message, hint: "The next change of the profile completes the log." });
  }
  return change;
}

/** Ends a failed change in the log, unless its generation went live before the failure. */
export async function abortUnlessLive(
  store: Store,
  failed: { readonly transaction: number; readonly profile: ProfileName; readonly error: unknown },
): Promise<void> {
  try {
    if (isLive(store, failed.profile, failed.transaction)) return;
    await logAbort(store, failed.transaction, { profile: failed.profile, ...describe(failed.error) });
  } catch {
    // What stopped the change (a full disk, a damaged log) stops this too, and is what the person must hear of.
  }
}

/** Completes or takes back a switch that a killed process began: `current` tells which. The caller holds the lock. */
export async function settleIntents(store: Store, profile: ProfileName): Promise<void> {
  for (const open of openIntents(store, profile)) {
    const intent = readIntent(store, open);
    const state = readProfile(store, profile);
    if (intent && state.current === intent.to) {
      const [from, to] = [parseGenerationNumber(intent.from), state.current];
      noteLive(store, profile, { from, to });
      await logCommit(store, {
        transaction: open.tx,
        profile,
        from,
        to,
        changed: true,
        added: [],
        removed: [],
        upgraded: [],
      });
      continue;
    }
    if (intent && intent.to > state.last) removeGeneration(store, profile, parseGenerationNumber(intent.to));
    await logAbort(store, open.tx, {
      profile,
      code: "INTERRUPTED",
      message: "the process was killed before the switch",
    });
  }
}

function isLive(store: Store, profile: ProfileName, transaction: number): boolean {
  const open = openIntents(store, profile).find(({ tx }) => tx === transaction);
  return open !== undefined && readIntent(store, open)?.to === readProfile(store, profile).current;
}

function noteLive(
  store: Store,
  profile: ProfileName,
  { from, to }: { from: GenerationNumber; to: GenerationNumber },
): void {
  const { last } = readProfile(store, profile);
  noteActivation(store, profile, from, parseGenerationNumber(Math.max(last, to)));
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof StoreError) return { code: error.code, message: error.message };
  if (error instanceof Error && error.name === "AbortError") return { code: "INTERRUPTED", message: "interrupted" };
  return { code: "FAILED", message: error instanceof Error ? error.message : String(error) };
}
