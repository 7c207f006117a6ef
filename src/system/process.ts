import { collectOutput } from "./process/collect-output.ts";
import type { PipeSupply } from "./process/fifo.ts";
import type { Launcher } from "./process/launcher.ts";
import { isLeftTooMuch, type SampledLimits, watchDisk, watchUsage } from "./process/limits.ts";
import { followProcessTree, sendSignal } from "./process/process-tree.ts";
import { startCommand } from "./process/start-command.ts";
import { createStopper, type EndReason, type Stopper } from "./process/stopper.ts";

export interface ProcessOptions extends SampledLimits {
  readonly cwd: string;
  /** The whole environment: nothing is inherited. Its PATH is where `command` is looked for. */
  readonly env: Readonly<Record<string, string>>;
  /** A command of the user's own: it gets their umask, and not the store's. */
  readonly asUser?: boolean | undefined;
  /** What the command reads; without it, nothing. It comes through a socket, which bash takes for a login: use --norc. */
  readonly stdin?: string | Uint8Array | undefined;
  readonly onOutput?: ((chunk: Buffer, stream: OutputStream) => void) | undefined;
  /**
   * A directory in which a pipe may have a name for a moment. With it stdout and stderr are one real pipe, so that
   * their order holds and the command can open `/dev/stderr`; all output then counts as stdout. Without it they are two
   * sockets, as Node makes them.
   */
  readonly pipeDirectory?: string | undefined;
  /** Where such a pipe comes from, instead of being made for this command alone. */
  readonly pipes?: PipeSupply | undefined;
  /**
   * What starts the command when it has a pipe and no input, runs in `/` with an empty environment, and keeps its output
   * open until it ends. Its end is told as a status alone.
   */
  readonly launcher?: Launcher | undefined;
  readonly timeoutMs?: number | undefined;
  /** The longest time without output. */
  readonly silentTimeoutMs?: number | undefined;
  /** Output beyond it is dropped, and the command ended. */
  readonly maxOutputBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Open files of this process; the command gets them as 3, 4, 5 and so on. */
  readonly fds?: readonly number[] | undefined;
  /** Time between TERM and KILL, milliseconds; 2000 unless given. */
  readonly graceMs?: number | undefined;
  /**
   * `below`: the command is only a supervisor (as bubblewrap is) that would kill its children the hard way: TERM goes to
   * them alone, so that a make among them can give back the tokens it holds.
   */
  readonly terminate?: "everything" | "below" | undefined;
  /**
   * An entry `NAME=value` of `env` that no other process on this machine has. Processes that carry it are found and
   * killed at the end, however they detached themselves.
   */
  readonly marker?: string | undefined;
}

type OutputStream = "stdout" | "stderr";

export interface ProcessResult {
  /** `null` when a signal ended the command. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Who ended it: `exited` is the command itself, or a signal from elsewhere. */
  readonly reason: EndReason;
  readonly durationMs: number;
  /**
   * Greatest sum of the resident sets of the command and all below it, in looks half a second apart at most (at first
   * 25, 50, 100 ms); pages that processes share count in each. `undefined` for a command shorter than the first look,
   * and without `/proc`.
   */
  readonly peakMemoryBytes?: number | undefined;
  /** Processor time of the same processes up to the last look, with children that were waited for. */
  readonly userMs?: number | undefined;
  readonly systemMs?: number | undefined;
}

/**
 * Runs a command as leader of its own session and process group, without a terminal. When it returns, nothing that the
 * command started is alive: neither its group, nor what was seen below it and left the group, nor what carries the
 * marker. (Not found without `/proc`, and without a marker: a process that detached itself between two looks.)
 * @throws StoreError NOT_FOUND when there is no such command or `cwd`, FAILED when it may not be executed, LIMIT when
 *   its arguments and environment are longer than the system allows.
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const begun = performance.now();
  const took = (): number => Math.round(performance.now() - begun);
  if (options.signal?.aborted) return { exitCode: null, signal: null, reason: "aborted", durationMs: took() };
  const output = await collectOutput(options);
  const started = await startCommand(command, args, { ...options, output }).catch((error: unknown) => {
    output.abandon();
    throw error;
  });
  const tree = followProcessTree(started.pid, options.marker);
  const stopper = createStopper(tree, options);
  using watch = watchUsage(tree, options, stopper.stop);
  using _disk = watchDisk(options.disk, stopper.stop);
  using _time = watchTime(options, stopper);
  using _leaving = killWhenLeaving(started.pid);
  const silence = watchSilence(options.silentTimeoutMs, stopper);
  using _silence = silence;
  const collected = output.start(started.child, { onChunk: silence.reset, onLimit: () => stopper.stop("log-limit") });
  const status = await started.exited(collected.ended);
  stopper.ended();
  await tree.killRest();
  await collected.finish();
  const succeeded = stopper.reason() === "exited" && status.exitCode === 0;
  const reason = succeeded && (await isLeftTooMuch(options.disk)) ? "disk-limit" : stopper.reason();
  return { ...status, reason, durationMs: took(), ...usageOf(watch.peak) };
}

function usageOf(peak: ReturnType<typeof watchUsage>["peak"]): Partial<ProcessResult> {
  if (peak === undefined) return {};
  return {
    peakMemoryBytes: peak.residentBytes,
    userMs: Math.round(peak.userMs),
    systemMs: Math.round(peak.systemMs),
  };
}

/** Ends the command when the caller aborts or its time is over. */
function watchTime(options: ProcessOptions, stopper: Stopper): Disposable {
  const abort = (): void => stopper.stop("aborted");
  options.signal?.addEventListener("abort", abort);
  if (options.signal?.aborted) abort();
  const timer = later(options.timeoutMs, () => stopper.stop("timeout"));
  return {
    [Symbol.dispose]: () => {
      options.signal?.removeEventListener("abort", abort);
      clearTimeout(timer);
    },
  };
}

function watchSilence(timeoutMs: number | undefined, stopper: Stopper): Disposable & { readonly reset: () => void } {
  const timer = later(timeoutMs, () => stopper.stop("silent"));
  return { reset: () => timer?.refresh(), [Symbol.dispose]: () => clearTimeout(timer) };
}

function later(ms: number | undefined, action: () => void): NodeJS.Timeout | undefined {
  const LONGEST = 2 ** 31 - 1;
  return ms === undefined ? undefined : setTimeout(action, Math.min(ms, LONGEST));
}

/** A `process.exit` in the middle of a build must not leave it running. Builds at once may be more than ten. */
function killWhenLeaving(pid: number): Disposable {
  const kill = (): void => void sendSignal(-pid, "SIGKILL");
  process.setMaxListeners(process.getMaxListeners() + 1);
  process.once("exit", kill);
  return {
    [Symbol.dispose]: () => {
      process.off("exit", kill);
      process.setMaxListeners(process.getMaxListeners() - 1);
    },
  };
}
