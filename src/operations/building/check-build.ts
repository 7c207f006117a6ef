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
  /** What diffoscope says of the first file that differs, where it is installed. */
  readonly report: string | undefined;
}

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
    const after = reused ? readFileList(store, manifest.path) : (parseFileList(fileList) ?? []);
    const differences = compareFileLists(before, after);
    const same = differences.length === 0;
    const second = reused ? objectPath(store.layout, manifest.path) : again.staged.directory;
    const trees = [objectPath(store.layout, built.baseName), second] as const;
    const changed = differences.find(({ what }) => what === "changed");
    const report = changed && (await diffoscope(store, { trees, path: changed.path }, run));
    checks.push({ id: again.id, path: built.baseName, same, differences, report });
  }
  return checks;
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
