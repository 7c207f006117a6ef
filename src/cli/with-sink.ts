import { errnoOf, StoreError } from "../errors.ts";
import { explainSystemError } from "../model/explain-system-error.ts";
import { holdUmask } from "../system/umask.ts";
import { printError } from "./errors/print-error.ts";
import { type CommandLine, plainOutput, wantsStack } from "./output/plain-output.ts";
import { openSink, type Sink } from "./output/sink.ts";
import { STREAMS } from "./output/standard-streams.ts";

/**
 * Runs with the streams of this process, and ends when all text is handed over; gives the exit status. Files are made
 * with the store's umask meanwhile.
 */
export async function withSink<T extends number | undefined>(
  line: CommandLine,
  run: (sink: Sink) => Promise<T>,
): Promise<T | number> {
  using _umask = holdUmask();
  const sink = openSink(STREAMS);
  try {
    const status = await run(sink);
    const failure = await sink.finish();
    if (!failure) return status;
    const told = printError(notWritten(failure), plainOutput(line, sink), wantsStack(line));
    return status === 0 || status === 3 ? told : status;
  } finally {
    await sink.finish();
  }
}

function notWritten(cause: Error): StoreError {
  const { code, message } = explainSystemError(cause, "stdout") ?? { code: "FAILED", message: cause.message };
  return new StoreError(code, `the output cannot be written: ${message}`, {
    hint: "What stdout got is not whole. If the command changed something, that is done: `store log` tells.",
    details: { errno: errnoOf(cause) ?? null },
    cause,
  });
}
