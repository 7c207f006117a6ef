import type { PackageDifference, PackageSummary } from "../../model/change.ts";
import { compareFileLists } from "../../model/compare-file-lists.ts";
import type { FileListEntry } from "../../model/file-list.ts";
import type { Store } from "../../store/open-store.ts";
import { readFileList } from "../../store/twins.ts";

/** Paths in the profile, sorted. */
export interface ChangedFiles {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Other content, another kind, or executable now. */
  readonly changed: readonly string[];
}

/**
 * In which files the packages of a difference differ, all together: what one package gave up and another provides, with
 * the same content, is no difference.
 * @throws StoreError NOT_FOUND, DAMAGED where the list of an object's files cannot be read
 */
export function changedFiles(store: Store, { added, removed, upgraded }: PackageDifference): ChangedFiles {
  const before = filesOf(store, [...removed, ...upgraded.map(({ from }) => from)]);
  const after = filesOf(store, [...added, ...upgraded.map(({ to }) => to)]);
  const differences = compareFileLists(before, after);
  const paths = (kind: "added" | "removed" | "changed") =>
    differences.filter(({ what }) => what === kind).map(({ path }) => path);
  return { added: paths("added"), removed: paths("removed"), changed: paths("changed") };
}

function filesOf(store: Store, packages: readonly PackageSummary[]): FileListEntry[] {
  return packages.flatMap(({ path }) => readFileList(store, path)).filter(({ mode }) => mode !== "40000");
}
