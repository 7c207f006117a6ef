import { resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { defaultRoot } from "../operations/open-store.ts";
import type { Parsed } from "./arguments/parsed.ts";
import { createContext } from "./create-context.ts";
import { createDebug } from "./debug.ts";
import { printError } from "./errors/print-error.ts";
import { createEventHandler } from "./events.ts";
import { createOutput } from "./output/output.ts";
import type { CommandLine } from "./output/plain-output.ts";
import type { Sink } from "./output/sink.ts";
import { STREAMS } from "./output/standard-streams.ts";
import { watchSignals } from "./signals.ts";
import { describeTerminal } from "./terminal.ts";

export interface ProcessParts extends CommandLine {
  readonly sink: Sink;
}

/** Runs a command, and tells of what it does and of what goes wrong. */
export async function runCommand(parsed: Parsed, parts: ProcessParts): Promise<number> {
  const { command, global, args } = parsed;
  const { argv, env, sink } = parts;
  const { terminal, output, debug } = say(parsed, parts);
  const progress = command.isLong && terminal.showsProgress ? await createProgress(sink) : undefined;
  const events = createEventHandler({ output, debug, isVerbose: global.verbose, progress });
  const isLeftAlone = command.ownsSignals || command.endsAtOnce?.(args);
  using interruption = isLeftAlone ? undefined : watchSignals(process, () => giveUp(sink));
  try {
    const trackingJournal = journalFile(parsed);
    const run = { signal: interruption?.signal, onEvent: events.onEvent, trackingJournal };
    const status = await command.run(createContext(global, { argv, env, output, debug, run }), args);
    return status ?? (events.hasWarned() ? 3 : 0);
  } catch (error) {
    const root = rootIfAny(global.root, env);
    return printError(error, output, { isVerbose: global.verbose, root, options: command.options });
  } finally {
    debug.time("command done");
  }
}

function rootIfAny(named: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  try {
    return resolve(named ?? defaultRoot(env));
  } catch {
    // There is none without a home directory or a working directory, and the error says so.
    return undefined;
  }
}

/** Answers with what is known from an earlier run; `undefined` when the command must be run. */
export async function recallCommand(parsed: Parsed, parts: ProcessParts): Promise<number | undefined> {
  const { command, global, args } = parsed;
  if (global["tracking-journal"] !== undefined) return undefined;
  const { output, debug } = say(parsed, parts);
  const context = createContext(global, { ...parts, output, debug, run: {} });
  const isDone = await command.recall?.(context, args).catch(() => false);
  debug.time(isDone ? "recalled" : "nothing to recall");
  return isDone ? 0 : undefined;
}

/** How a command speaks, as its options and the terminal say. */
function say({ command, global, args }: Parsed, { env, sink }: ProcessParts) {
  const terminal = describeTerminal(global, env, STREAMS);
  const output = createOutput(sink, { isJson: global.json, isQuiet: global.quiet, terminal });
  const debug = createDebug(global.debug.flat(), () => performance.now(), output.trace);
  debug.time("command line read");
  debug.trace("args", { command: command.name, ...args, ...global });
  return { terminal, output, debug };
}

/** @throws StoreError USAGE when the command changes nothing that could be recorded */
function journalFile({ command, global, args }: Parsed): string | undefined {
  const file = global["tracking-journal"];
  if (file === undefined) return undefined;
  if (command.changes && (args as Readonly<Record<string, unknown>>)["dry-run"] !== true) return resolve(file);
  throw new StoreError("USAGE", `there is no change to record in ${file}`, {
    hint: `\`store ${command.name}\` changes no profile this way: leave --tracking-journal out.`,
  });
}

async function createProgress(sink: Sink) {
  const { showProgress } = await import("./progress/show-progress.ts");
  const columns = () => process.stderr.columns || 80;
  return showProgress({ show: sink.status, clock: () => performance.now(), columns });
}

/** For a person who does not want to wait for the orderly end. */
function giveUp(sink: Sink): never {
  sink.endStatus();
  process.exit(130);
}
