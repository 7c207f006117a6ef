import { basename, dirname } from "node:path";
import { StoreError } from "../../errors.ts";
import type { BaseName } from "../../model/ids.ts";
import type { Finding } from "../../model/verify/finding.ts";
import { namedRootPath } from "../layout.ts";
import { hasObject } from "../manifests.ts";
import { misledRoot, namesIn, readNamedRoot } from "../named-roots.ts";
import type { Store } from "../open-store.ts";
import { readResultRecord, resultRecords } from "../result-links.ts";

/** Checks the roots that people gave: one that tells of no object keeps a collection from being made. */
export function checkRoots(store: Store): Finding[] {
  const names = namesIn(dirname(namedRootPath(store.layout, "x"))).sort();
  return [
    ...names.flatMap((name) => namedRootFaults(store, name)),
    ...resultRecords(store).flatMap((record) =>
      faultsIn(`roots/links/${basename(record)}`, () => void readResultRecord(record), store),
    ),
  ];
}

function namedRootFaults(store: Store, name: string): Finding[] {
  const subject = `roots/named/${name}`;
  const faults = faultsIn(subject, () => readNamedRoot(store, name)?.object, store);
  if (faults.length > 0) return faults;
  const elsewhere = misledRoot(store, name);
  return elsewhere === undefined ? [] : [{ kind: "root", subject, reason: `has a link to ${elsewhere}` }];
}

function faultsIn(subject: string, read: () => BaseName | undefined, store: Store): Finding[] {
  try {
    const object = read();
    if (object === undefined || hasObject(store, object)) return [];
    return [{ kind: "root", subject, reason: `leads to ${object}, which is not in the store`, reference: object }];
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "DAMAGED") throw error;
    return [{ kind: "root", subject, reason: "leads to no object of the store" }];
  }
}
