import { StoreError } from "../../errors.ts";
import type { GenerationNumber, ProfileName } from "../../model/ids.ts";
import type { Store } from "../../store/open-store.ts";
import { readProfile } from "../../store/profiles.ts";
import { runProcess } from "../../system/process.ts";
import { liveOf, selectGeneration } from "../profiles/select-generation.ts";
import type { RunOptions } from "../run-options.ts";
import { openWorkspace, type Workspace } from "../workspace.ts";
import { splitCommand } from "./check-command.ts";
import { commandEnvironment } from "./command-environment.ts";
import { type CommandRequest, holdSelected } from "./run-command.ts";

export interface CompareRequest extends CommandRequest {
  readonly from: string;
  /** The live one unless given. */
  readonly to?: string | undefined;
}

/** How a command ran in one generation. */
export interface ComparedRun {
  readonly generation: GenerationNumber;
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly seconds: number;
  /** What it wrote to stdout and stderr, in its order. */
  readonly output: string;
}

export interface Comparison {
  readonly left: ComparedRun;
  readonly right: ComparedRun;
  /** Whether both ended in the same way and wrote the same. */
  readonly same: boolean;
}

const MOST_OUTPUT = 64 * 1024 * 1024;

/**
 * Runs a command in two generations, one after the other, without a switch. It has no terminal and no input. Where one
 * of them does not have the program, it ends there with 127, as in a shell.
 * @throws StoreError NOT_FOUND for a program that neither has
 */
export async function compareGenerations(
  store: Store,
  profile: ProfileName,
  request: CompareRequest,
  run: RunOptions = {},
): Promise<Comparison> {
  splitCommand(request);
  const state = readProfile(store, profile);
  const from = await selectGeneration(store, state, request.from);
  const to = request.to === undefined ? liveOf(state) : await selectGeneration(store, state, request.to);
  using workspace = openWorkspace(store);
  const [before, after] = [
    await holdSelected(store, { profile, selected: from }, workspace),
    await holdSelected(store, { profile, selected: to }, workspace),
  ];
  const sides = [
    await runOrMiss(store, profile, { ...request, workspace, top: before, generation: from.generation }, run),
    await runOrMiss(store, profile, { ...request, workspace, top: after, generation: to.generation }, run),
  ] as const;
  if (sides[0].missing && sides[1].missing) throw sides[0].missing;
  const [left, right] = [sides[0].ran, sides[1].ran];
  const same = left.exitCode === right.exitCode && left.signal === right.signal && left.output === right.output;
  return { left, right, same };
}

interface Run extends CommandRequest {
  readonly workspace: Workspace;
  readonly generation: GenerationNumber;
  /** Where its forest lies. */
  readonly top: string;
}

/** How it ran, and the error for a program that is not there. */
async function runOrMiss(
  store: Store,
  profile: ProfileName,
  side: Run,
  run: RunOptions,
): Promise<{ readonly ran: ComparedRun; readonly missing?: StoreError }> {
  try {
    return { ran: await runIn(store, profile, side, run) };
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "NOT_FOUND")) throw error;
    const { generation } = side;
    return {
      ran: { generation, exitCode: 127, signal: null, seconds: 0, output: `${error.message}\n` },
      missing: error,
    };
  }
}

async function runIn(
  store: Store,
  profile: ProfileName,
  { command, cwd, workspace, generation, top }: Run,
  { signal, onEvent }: RunOptions,
): Promise<ComparedRun> {
  const [name, ...args] = splitCommand({ command });
  const chunks: Buffer[] = [];
  const {
    exitCode,
    signal: ended,
    reason,
    durationMs,
  } = await runProcess(name, args, {
    cwd,
    env: commandEnvironment(store, profile, { top, generation }),
    asUser: true,
    pipeDirectory: workspace.room().path,
    maxOutputBytes: MOST_OUTPUT,
    onOutput: (chunk) => chunks.push(chunk),
    signal,
  });
  signal?.throwIfAborted();
  if (reason === "log-limit") {
    const message = `in gen-${generation} the command wrote more than ${MOST_OUTPUT} bytes and was ended`;
    onEvent?.({ kind: "warning", message });
  }
  const output = Buffer.concat(chunks).toString("utf8");
  return { generation, exitCode, signal: ended, seconds: durationMs / 1000, output };
}
