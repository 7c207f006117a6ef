import type { Parsed } from "./arguments/parsed.ts";
import { splitAttached } from "./arguments/parser-settings.ts";
import { createContext } from "./create-context.ts";
import { createDebug } from "./debug.ts";
import type { ExitStatus } from "./errors/exit-status.ts";
import { printError } from "./errors/print-error.ts";
import { createEventHandler } from "./events.ts";
import { createOutput, type Output } from "./output/output.ts";
import { openSink, type Sink } from "./output/sink.ts";
import { readCommandLine } from "./read-command-line.ts";
import { watchSignals } from "./signals.ts";
import { describeTerminal, type Terminal } from "./terminal.ts";

/** Carries out one command line; gives the exit status of the process. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<ExitStatus> {
  process.umask(0o022);
  const sink = openSink(process);
  try {
    if (argv[0] === "__complete") return await completeWord(argv.slice(1), env, sink);
    return await runCommandLine(splitAttached(argv), env, sink);
  } finally {
    await sink.finish();
  }
}

async function runCommandLine(argv: readonly string[], env: NodeJS.ProcessEnv, sink: Sink): Promise<ExitStatus> {
  try {
    const understood = await readCommandLine(argv);
    if (understood.kind === "command") return await runCommand(understood.parsed, { argv, env, sink });
    sink.write(understood.isAnswer ? "stdout" : "stderr", understood.text);
    return understood.isAnswer ? 0 : 2;
  } catch (error) {
    return printError(error, plainOutput(argv, env, sink), { isVerbose: argv.includes("--verbose") });
  }
}

interface Process {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly sink: Sink;
}

async function runCommand(parsed: Parsed, { argv, env, sink }: Process): Promise<ExitStatus> {
  const { command, global, args } = parsed;
  const terminal = describeTerminal(global, env);
  const output = createOutput(sink, { isJson: global.json, isQuiet: global.quiet, terminal });
  const debug = createDebug(global.debug.flat(), () => performance.now(), output.trace);
  debug.time("command line read");
  debug.trace("args", { command: command.name, ...args, ...global });
  const progress = command.isLong && terminal.showsProgress ? await createProgress(sink) : undefined;
  const events = createEventHandler({ output, debug, isVerbose: global.verbose, progress });
  using interruption = watchSignals(process, () => giveUp(sink));
  const run = { signal: interruption.signal, onEvent: events.onEvent };
  try {
    const status = await command.run(createContext(global, { argv, env, output, debug, run }), args);
    return status ?? (events.hasWarned() ? 3 : 0);
  } catch (error) {
    return printError(error, output, { isVerbose: global.verbose });
  } finally {
    debug.time("command done");
  }
}

async function createProgress(sink: Sink) {
  const { showProgress } = await import("./progress/show-progress.ts");
  const columns = () => process.stderr.columns ?? 80;
  return showProgress({ show: sink.status, clock: () => performance.now(), columns });
}

async function completeWord(words: readonly string[], env: NodeJS.ProcessEnv, sink: Sink): Promise<ExitStatus> {
  const { complete } = await import("./completion/complete.ts");
  sink.write("stdout", await complete(words, env));
  return 0;
}

/** For a person who does not want to wait for the orderly end. */
function giveUp(sink: Sink): never {
  sink.status("");
  process.exit(130);
}

/** The output for a command line that could not be read: the options that decide how to say so are looked for. */
function plainOutput(argv: readonly string[], env: NodeJS.ProcessEnv, sink: Sink): Output {
  const isJson = argv.includes("--json");
  const terminal: Terminal = describeTerminal({ json: isJson, progress: false, quiet: false, color: undefined }, env);
  return createOutput(sink, { isJson, isQuiet: false, terminal });
}
