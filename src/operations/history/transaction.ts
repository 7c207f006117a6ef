import { StoreError } from "../../errors.ts";
import {
  type Change,
  type PackageSummary,
  type PlannedChange,
  summarise,
  type UpgradedPackage,
} from "../../model/change.ts";
import { checkPriority } from "../../model/check-number.ts";
import type { Generation, InstalledPackage } from "../../model/generation.ts";
import type { PackageName, ProfileName } from "../../model/ids.ts";
import { readGeneration } from "../../store/generation-records.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { checkInput } from "../packages/check-input.ts";
import type { PackageInput, PreparedPackage } from "../packages/stage-package.ts";
import { changeProfile } from "../profiles/change-profile.ts";
import { merge, planOf, prepareAll, printableFrom } from "../profiles/install.ts";
import { checkInstalled } from "../profiles/remove.ts";
import { generationProblems, switchGeneration } from "../profiles/switch.ts";
import type { RunOptions } from "../run-options.ts";
import { planEdits } from "./plan.ts";

export interface RollbackAnswer {
  readonly possible: boolean;
  /** Why not; empty when it is possible. */
  readonly reasons: readonly string[];
}

/**
 * Several installs and removals that become one generation. What it tells of packages is empty before `commit`; it can
 * be committed once, and taken back by `rollback` while its generation is the live one.
 */
export interface Transaction {
  /** Asks for a package to be installed, or replaced. */
  add(input: PackageInput, options?: { readonly priority?: number }): Transaction;
  /** Asks for an installed package to be taken out. */
  remove(name: string): Transaction;
  /** What `commit` would do now, as far as that can be said without downloading; nothing is changed. */
  resolve(run?: RunOptions): Promise<PlannedChange>;
  /** @throws what `install` and `remove` throw; then nothing has changed */
  commit(run?: RunOptions): Promise<Change>;
  rollback(run?: RunOptions): Promise<Change>;
  /** Whether `rollback` would be carried out, and if not, all reasons. */
  canRollback(): RollbackAnswer;
  readonly change: Change | undefined;
  readonly previouslyInstalled: readonly PackageSummary[];
  readonly newlyInstalled: readonly PackageSummary[];
  readonly upgraded: readonly UpgradedPackage[];
  readonly removed: readonly PackageSummary[];
  /** Names of all packages that were installed, upgraded or removed. */
  readonly changedPackages: readonly PackageName[];
}

export function beginTransaction(store: Store, profile: ProfileName): Transaction {
  const additions: Addition[] = [];
  const removals: Removal[] = [];
  let isCommitting = false;
  let change: Change | undefined;
  let before: readonly InstalledPackage[] = [];
  const checkOpen = (): void => {
    if (change) throw alreadyCommitted("is committed already");
    if (isCommitting) throw alreadyCommitted("is being committed");
  };
  const transaction: Transaction = {
    add(input, options = {}) {
      checkOpen();
      checkPriority(options.priority);
      checkInput(input);
      additions.push({ input, priority: options.priority });
      return transaction;
    },
    remove(name) {
      checkOpen();
      removals.push({ name, after: additions.length });
      return transaction;
    },
    async resolve(run = {}) {
      if (change) throw alreadyCommitted("is committed already");
      const names = removals.map(({ name }) => name);
      const checkNames = (added: readonly string[]) => checkNotBoth(added, removals);
      return planEdits(store, { profile, additions, removals: names, checkNames }, run);
    },
    async commit(run = {}) {
      checkOpen();
      isCommitting = true;
      try {
        const prepare = prepareEdits(store, additions, removals, run);
        const reason = reasonOf(additions, removals);
        const install = additions.map(({ input, priority }) => planOf(input, priority));
        const plan = { install, remove: removals.map(({ name }) => name) };
        const givesPriority = additions.some(({ priority }) => priority !== undefined);
        const request = { profile, reason, plan, prepare, givesPriority, makesProfile: true };
        const made = await changeProfile(store, request, run);
        change = made;
        before = readGeneration(store, profile, made.from).packages;
        return made;
      } finally {
        isCommitting = false;
      }
    },
    async rollback(run = {}) {
      const { reasons } = transaction.canRollback();
      if (!change || reasons.length > 0) throw cannotRollBack(reasons);
      return switchGeneration(store, profile, { selector: `gen-${change.from}` }, run);
    },
    canRollback: () => rollbackAnswer(store, profile, change),
    get change() {
      return change;
    },
    get previouslyInstalled() {
      return before.map(summarise);
    },
    get newlyInstalled() {
      return change?.added ?? [];
    },
    get upgraded() {
      return change?.upgraded ?? [];
    },
    get removed() {
      return change?.removed ?? [];
    },
    get changedPackages() {
      return [...(change?.added ?? []), ...(change?.upgraded ?? []), ...(change?.removed ?? [])]
        .map(({ name }) => name)
        .sort();
    },
  };
  return transaction;
}

function alreadyCommitted(how: string): StoreError {
  return new StoreError("USAGE", `the transaction ${how}`, { hint: "Begin another one." });
}

interface Addition {
  readonly input: PackageInput;
  readonly priority: number | undefined;
}

interface Removal {
  readonly name: string;
  /** So many additions were asked for before it. */
  readonly after: number;
}

/**
 * What is removed first and added then is replaced. The other way round one of the two would be without effect.
 * @throws StoreError INVALID_INPUT
 */
function checkNotBoth(added: readonly string[], removals: readonly Removal[]): void {
  const both = removals.find(({ name, after }) => added.slice(0, after).includes(name));
  if (!both) return;
  throw new StoreError("INVALID_INPUT", `the transaction adds ${both.name} and removes it again`, {
    hint: "Leave one of the two out; to replace it as if it were new, remove it before it is added.",
    details: { name: both.name },
  });
}

function prepareEdits(store: Store, additions: readonly Addition[], removals: readonly Removal[], run: RunOptions) {
  return async (workspace: Parameters<typeof prepareAll>[2]["workspace"]) => {
    const inputs = additions.map(({ input }) => input);
    const prepared = await prepareAll(store, inputs, { ...run, workspace });
    checkNotBoth(namesOf(prepared), removals);
    const removed: readonly string[] = removals.map(({ name }) => name);
    return (head: Generation) => {
      checkInstalled(head, removed);
      let now = { ...head, packages: head.packages.filter(({ name }) => !removed.includes(name)) };
      for (const [index, item] of prepared.entries())
        now = { ...now, packages: merge(now, [item], additions[index]?.priority) };
      return now.packages;
    };
  };
}

function namesOf(prepared: readonly PreparedPackage[]): readonly string[] {
  return prepared.map(({ manifest }) => manifest.name);
}

function reasonOf(additions: readonly Addition[], removals: readonly Removal[]): string {
  const parts = [];
  if (additions.length > 0) parts.push(`install ${additions.map(({ input }) => printableFrom(input)).join(" ")}`);
  if (removals.length > 0) parts.push(`remove ${removals.map(({ name }) => name).join(" ")}`);
  return parts.join(", ") || "nothing";
}

function rollbackAnswer(store: Store, profile: ProfileName, change: Change | undefined): RollbackAnswer {
  if (!change) return { possible: false, reasons: ["the transaction is not committed"] };
  if (!change.changed) return { possible: false, reasons: ["the transaction changed nothing"] };
  const reasons = [...liveProblems(store, profile, change), ...generationProblems(store, profile, change.from)];
  return { possible: reasons.length === 0, reasons };
}

function liveProblems(store: Store, profile: ProfileName, { to }: Change): string[] {
  try {
    const { current } = readProfile(store, profile);
    return current === to ? [] : [`gen-${current} is live, not gen-${to} that the transaction made`];
  } catch (error) {
    if (error instanceof StoreError) return [error.message];
    throw error;
  }
}

function cannotRollBack(reasons: readonly string[]): StoreError {
  return new StoreError("UNSAFE", `the transaction cannot be taken back: ${reasons.join("; ")}`, {
    hint: "Choose the generation that shall be live with `store switch gen-N`.",
    details: { reasons },
  });
}
