import { canonicalJson } from "./canonical-json.ts";
import type { LogChange, LogPackage } from "./log-event.ts";

/**
 * How two lists of packages differ, as the log tells it: whole package records, and also those of which a priority alone
 * changed, so that either list can be told from the other and this.
 */
export function packageChange(before: readonly LogPackage[], after: readonly LogPackage[]): LogChange {
  const [old, now] = [before, after].map((items) => new Map(items.map((item) => [item.name, item])));
  const names = [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort();
  const pairs = names.map((name) => ({ name, from: old?.get(name), to: now?.get(name) }));
  return {
    added: pairs.flatMap(({ from, to }) => (to && !from ? [to] : [])),
    removed: pairs.flatMap(({ from, to }) => (from && !to ? [from] : [])),
    upgraded: pairs.flatMap(({ name, from, to }) =>
      from && to && !isSameRecord(from, to) ? [{ name, from, to }] : [],
    ),
  };
}

function isSameRecord(left: LogPackage, right: LogPackage): boolean {
  // Nearly all have their members in one order.
  return JSON.stringify(left) === JSON.stringify(right) || canonicalJson(left) === canonicalJson(right);
}
