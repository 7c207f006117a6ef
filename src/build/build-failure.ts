import { existsSync } from "node:fs";
import { isErrno, StoreError } from "../errors.ts";
import { appliedPatch } from "../model/applied-patch.ts";
import { findBuildErrors } from "../model/compiler-error.ts";
import { saysNoSpace } from "../model/explain-system-error.ts";
import { formatCount } from "../model/format-count.ts";
import { missingFiles } from "../model/missing-file.ts";
import type { Phase } from "../model/recipe.ts";
import { formatSize } from "../model/size.ts";
import { buildLogPath, listBuilds } from "../store/builds.ts";
import { objectPath } from "../store/layout.ts";
import type { Store } from "../store/open-store.ts";
import type { ProcessResult } from "../system/process.ts";
import type { BuildLog } from "./build-log.ts";
import { unreadPhase } from "./phase-script.ts";
import type { BuildJob } from "./run-build.ts";

export interface FailedRun {
  readonly job: Pick<BuildJob, "planned" | "key" | "visible" | "limits">;
  readonly result: ProcessResult;
  readonly log: BuildLog;
  readonly phase: Phase | undefined;
  /** The command that failed, as the shell read it. */
  readonly failing: string | undefined;
  /** What lies where the output should. */
  readonly made: "nothing" | "directory" | "no directory";
}

/** Lines of the log that the message ends with. */
const LAST_LINES = 12;

/** What a person needs to know about a build that failed: where, why, the end of the log, and how to go on. */
export function buildFailure(store: Store, run: FailedRun): StoreError {
  const { job, log } = run;
  const { id, name, version } = job.planned;
  const called = `${name}@${version}`;
  const tail = log.tail();
  const unread = run.result.exitCode === 2 ? unreadPhase(tail) : undefined;
  const phase = unread?.phase ?? run.phase;
  const first = log.count() - tail.length + 1;
  const errors = findBuildErrors(tail.join("\n"), { firstLine: first });
  const missing = undeclared(store, tail, job.visible) ?? providerOf(store, tail, job.visible);
  const applied = phase === "patch" ? appliedPatch(tail) : undefined;
  const path = buildLogPath(store, job.key);
  const message = [
    `${id} failed in phase ${phase ?? "start"}: ${unread ? `bash cannot read it: ${unread.why}` : howItEnded(run)}`,
    ...errors.map(({ line, text }) => `  line ${line}: ${text}`),
    ...(missing === undefined ? [] : [`  not visible in the build: ${missing}`]),
    ...(applied === undefined ? [] : [`  the sources seem to have it already: ${applied}`]),
    tail.length === 0 ? "  the log is empty" : "  the log ends:",
    ...tail.slice(-LAST_LINES).map((line) => `  | ${line}`),
    log.isWhole() ? `  whole log: ${path}` : "  no whole log was kept: the disk was full",
  ];
  const declare = missing === undefined ? "" : `Add the package of ${missing} to \`dependencies\`. `;
  const leaveOut = applied === undefined ? "" : `Take ${applied} out of the patches, unless it is to be reversed. `;
  const showLog = log.isWhole()
    ? `\`store log-of ${called}\` shows the log`
    : "Make room on the disk (`store gc` does what it can) and build it again to have the log";
  return new StoreError("BUILD_FAILED", message.join("\n"), {
    hint: `${declare}${leaveOut}${showLog}; with --keep-failed the tree stays, and \`store debug ${called}\` opens a shell in it. \`store repro ${name}\` packs the build for another machine.`,
    details: {
      package: id,
      phase,
      exitCode: run.result.exitCode,
      reason: run.result.reason,
      log: path,
      errors,
      key: job.key,
      noSpace: tail.some(saysNoSpace),
    },
  });
}

/** Whether a build failed for want of room on the disk: in a phase, which says so in its log, or around it. */
export function isOutOfSpace(error: unknown): boolean {
  if (isErrno(error, "ENOSPC", "EDQUOT")) return true;
  return error instanceof StoreError && (error.code === "NO_SPACE" || error.details.noSpace === true);
}

function howItEnded({ result, made, job, failing }: FailedRun): string {
  switch (result.reason) {
    case "exited":
      if (result.exitCode === 0)
        return made === "nothing" ? "it installed nothing at $out" : "what it installed at $out is no directory";
      if (result.signal !== null) return `killed by ${result.signal}`;
      return `${failing === undefined ? "it" : `\`${shortened(failing)}\``} ended with exit status ${result.exitCode}`;
    case "timeout":
      return `it took longer than ${seconds(job.limits.timeoutMs)}`;
    case "silent":
      return `it said nothing for ${seconds(job.limits.silentTimeoutMs)}`;
    case "log-limit":
      return `its log became longer than ${size(job.limits.maxLogBytes)}`;
    case "disk-limit":
      return `it used more than ${size(job.limits.maxDiskBytes)} of disk`;
    case "memory-limit":
      return "it used too much memory";
    case "process-limit":
      return "it started too many processes";
    case "aborted":
      return "it was interrupted";
  }
}

function shortened(command: string): string {
  const line = command.split("\n")[0] as string;
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function seconds(ms: number | undefined): string {
  return formatCount(Math.round((ms ?? 0) / 1000), "second");
}

function size(bytes: number | undefined): string {
  return formatSize(bytes ?? 0);
}

/** A store object that the log says is missing: it was not declared as a dependency. */
function undeclared(store: Store, lines: readonly string[], visible: readonly string[]): string | undefined {
  const { canonicalStoreDir, storeDir } = store.layout;
  for (const line of lines) {
    if (!/No such file|not found|cannot (?:open|find)|Could not/i.test(line)) continue;
    for (const directory of [canonicalStoreDir, storeDir]) {
      const at = line.indexOf(`${directory}/`);
      const object = at < 0 ? undefined : /^[a-z2-7]{32}-[^\s/:'"]+/.exec(line.slice(at + directory.length + 1))?.[0];
      if (object !== undefined && !visible.includes(object)) return object;
    }
  }
  return undefined;
}

/** A package that was built here and has a file that the build missed: a header, a library, a command. */
function providerOf(store: Store, lines: readonly string[], visible: readonly string[]): string | undefined {
  const wanted = [...new Set(lines.flatMap(missingFiles))];
  if (wanted.length === 0) return undefined;
  const outputs = [...new Set(listBuilds(store).map(({ output }) => output))];
  return outputs.find(
    (output) =>
      !visible.includes(output) && wanted.some((path) => existsSync(`${objectPath(store.layout, output)}/${path}`)),
  );
}
