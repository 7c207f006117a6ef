import { SAGE_KINDS, type SageKind, type SageListing } from "./package.ts";

/** Why a package whose files have mistakes cannot be built. */
export const MISTAKEN = "has files with mistakes";

/** What of a Sage tree can be built here, as `store recipe list --report` tells it. */
export interface SageReport {
  readonly packages: number;
  readonly buildable: number;
  /** Packages whose files have mistakes have no kind. */
  readonly kinds: Readonly<Record<SageKind, { readonly packages: number; readonly buildable: number }>>;
  /** The most common reason first; packages sorted. */
  readonly reasons: readonly { readonly reason: string; readonly packages: readonly string[] }[];
}

/** @param mistaken names of packages whose files have mistakes */
export function reportOn(listings: readonly SageListing[], mistaken: readonly string[] = []): SageReport {
  const count = (from: readonly SageListing[]) => ({
    packages: from.length,
    buildable: from.filter(({ buildable }) => buildable).length,
  });
  const byReason = new Map<string, string[]>(mistaken.length > 0 ? [[MISTAKEN, [...mistaken]]] : []);
  for (const { name, reason } of listings) {
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  const reasons = [...byReason].map(([reason, names]) => ({ reason, packages: names.sort() }));
  return {
    packages: listings.length + mistaken.length,
    buildable: count(listings).buildable,
    kinds: Object.fromEntries(
      SAGE_KINDS.map((kind) => [kind, count(listings.filter((listing) => listing.kind === kind))]),
    ) as SageReport["kinds"],
    reasons: reasons.sort((a, b) => b.packages.length - a.packages.length || (a.reason < b.reason ? -1 : 1)),
  };
}
