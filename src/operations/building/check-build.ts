import { compareFileLists, type FileDifference } from "../../model/compare-file-lists.ts";
import { parseFileList } from "../../model/file-list.ts";
import type { BaseName } from "../../model/ids.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { readFileList } from "../../store/twins.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace } from "../workspace.ts";
import { type BuildRequest, buildIn, buildOnce } from "./build.ts";

export interface CheckedBuild {
  readonly id: string;
  /** The object that was there, or was built first. */
  readonly path: BaseName;
  /** Whether a second build gave the same tree. */
  readonly same: boolean;
  readonly differences: readonly FileDifference[];
  /** What diffoscope says of the files that were changed, where it is installed; of the first twenty at most. */
  readonly reports: readonly FileReport[];
  /** Changed files beyond those. */
  readonly unreported: number;
}

export interface FileReport {
  readonly path: string;
  readonly text: string;
}

/** It can take a second for each. */
const MOST_REPORTS = 20;

/** Builds the packages that are asked for once more and compares, file by file; the second output is not kept. */
export async function checkBuilds(
  store: Store,
  request: BuildRequest,
  run: RunOptions = {},
): Promise<readonly CheckedBuild[]> {
  using workspace = openWorkspace(store);
  const first = await buildIn(store, request, { ...run, workspace });
  const checks: CheckedBuild[] = [];
  for (const built of first) {
    const again = await buildOnce(store, request, { ...run, workspace, name: built.name });
    const before = readFileList(store, built.baseName);
    const { reused, manifest, fileList } = again.staged;
    const after = reused ? readFileList(store, manifest.path) : (parseFileList(fileList.join("")) ?? []);
    const differences = compareFileLists(before, after);
    const same = differences.length === 0;
    const second = reused ? objectPath(store.layout, manifest.path) : again.staged.directory;
    const trees = [objectPath(store.layout, built.baseName), second] as const;
    const changed = differences.flatMap(({ what, path }) => (what === "changed" ? [path] : []));
    const reports = await reportAll(store, { trees, paths: changed.slice(0, MOST_REPORTS) }, run);
    const unreported = reports.length === 0 ? 0 : changed.length - reports.length;
    checks.push({ id: again.id, path: built.baseName, same, differences, reports, unreported });
  }
  return checks;
}

async function reportAll(
  store: Store,
  { trees, paths }: { readonly trees: readonly [string, string]; readonly paths: readonly string[] },
  run: RunOptions,
): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  for (const path of paths) {
    run.signal?.throwIfAborted();
    const text = await diffoscope(store, { trees, path }, run);
    if (text === undefined) return reports;
    reports.push({ path, text });
  }
  return reports;
}

async function diffoscope(
  store: Store,
  { trees, path }: { readonly trees: readonly [string, string]; readonly path: string },
  run: RunOptions,
): Promise<string | undefined> {
  const { captureOutput } = await import("../../system/process/capture-output.ts");
  const files = trees.map((tree) => `${tree}/${path}`);
  const options = { cwd: "/", env: { PATH: store.context.env.PATH ?? "" }, timeoutMs: 120_000, signal: run.signal };
  try {
    const { stdout } = await captureOutput("diffoscope", ["--max-report-size", "20000", ...files], options);
    return stdout.toString();
  } catch {
    // Not installed: the list of files is what there is to say.
    return undefined;
  }
}
