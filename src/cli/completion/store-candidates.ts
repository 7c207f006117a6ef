import { join } from "node:path";
import { formatCount } from "../../model/format-count.ts";
import { type ProfileName, parseProfileName } from "../../model/ids.ts";
import { openStore } from "../../operations/open-store.ts";
import { generations, listPackages, profiles } from "../../operations/packages/list.ts";
import type { Store } from "../../store/open-store.ts";
import { formatLocalTime, formatRelativeTime, localTime } from "../output/local-time.ts";
import { printable } from "../output/printable.ts";
import type { Candidate } from "./complete.ts";

export interface Place {
  /** Values of the options that were typed so far. */
  readonly values: ReadonlyMap<string, string>;
  readonly env: NodeJS.ProcessEnv;
  /** What is being typed. */
  readonly current: string;
}

/**
 * Names that only the store knows.
 * @throws StoreError when there is no such store or profile
 */
export async function storeCandidates(
  kind: "installed" | "object" | "selector" | "generation" | "transaction" | "checkpoint" | "profile" | "root",
  { values, env, current }: Place,
): Promise<readonly Candidate[]> {
  const root = values.get("root");
  const store = await openStore({ root: root && withHome(root, env), create: false, env });
  if (kind === "profile") return profileCandidates(store);
  if (kind === "root") return rootCandidates(store);
  const profile = parseProfileName(values.get("profile") ?? (env.STORE_PROFILE || "default"));
  switch (kind) {
    case "transaction":
      return transactionCandidates(store, profile, current.startsWith("#") ? "#" : "");
    case "checkpoint":
      return checkpointCandidates(store, profile);
    case "selector":
      return selectorCandidates(store, profile);
    case "generation":
      return numberCandidates(store, profile);
    default:
      return installedCandidates(store, profile);
  }
}

/** Names, and links that lead to objects: what `store root remove` takes. */
async function rootCandidates(store: Store): Promise<Candidate[]> {
  const { listNamedRoots } = await import("../../store/named-roots.ts");
  const { listResultLinks } = await import("../../store/result-links.ts");
  const names = listNamedRoots(store).map(({ name, object }) => ({ value: name, description: object }));
  return [...names, ...listResultLinks(store).map(({ path, object }) => ({ value: path, description: object }))];
}

function profileCandidates(store: Store): Candidate[] {
  return profiles(store).map(({ profile, current, packages }) => ({
    value: profile,
    description: `gen-${current}, ${formatCount(packages, "package")}`,
  }));
}

async function installedCandidates(store: Store, profile: ProfileName): Promise<Candidate[]> {
  const packages = await listPackages(store, profile);
  return packages.map(({ name, version }) => ({ value: name, description: version }));
}

/** Nobody looks for one of thousands by a key. */
const MOST_GENERATIONS = 100;

/** The newest generation first. */
function numberCandidates(store: Store, profile: ProfileName, found = newestGenerations(store, profile)): Candidate[] {
  const now = new Date();
  return found.map(({ generation, created, current, reason }) => {
    const time = new Date(created);
    const when = `${formatLocalTime(time)}, ${formatRelativeTime(time, now)}`;
    return { value: `gen-${generation}`, description: `${current ? "live; " : ""}${when}: ${printable(reason)}` };
  });
}

function newestGenerations(store: Store, profile: ProfileName) {
  return [...generations(store, profile, { last: MOST_GENERATIONS })].reverse();
}

function selectorCandidates(store: Store, profile: ProfileName): Candidate[] {
  const found = newestGenerations(store, profile);
  const tags = found.flatMap(({ generation, tags: names }) =>
    names.map((name) => ({ value: `tag:${name}`, description: `gen-${generation}` })),
  );
  return [
    ...numberCandidates(store, profile, found),
    ...tags,
    { value: "-", description: "the generation that was live before" },
  ];
}

/** Of all generations, also of those that are too old to be offered by their numbers. */
async function checkpointCandidates(store: Store, profile: ProfileName): Promise<Candidate[]> {
  const { checkpoints } = await import("../../operations/profiles/checkpoint.ts");
  return checkpoints(store, profile).map(({ name, generation }) => ({
    value: name,
    description: `gen-${generation}`,
  }));
}

const MOST_TRANSACTIONS = 30;

/** The newest first; without the `#` that begins a comment in a shell, unless it was typed. */
async function transactionCandidates(store: Store, profile: ProfileName, prefix: "" | "#"): Promise<Candidate[]> {
  const { listTransactions } = await import("../../operations/history/transaction-effect.ts");
  const { transactionLiner } = await import("../../model/transaction-line.ts");
  const line = transactionLiner({ now: Date.now(), localTime });
  return listTransactions(store, profile, MOST_TRANSACTIONS).map((each) => ({
    value: `${prefix}${each.tx}`,
    description: line(each),
  }));
}

/** A shell hands over what was typed: `~` is not expanded yet. */
function withHome(path: string, env: NodeJS.ProcessEnv): string {
  return env.HOME !== undefined && /^~(?=\/|$)/.test(path) ? join(env.HOME, path.slice(1)) : path;
}
