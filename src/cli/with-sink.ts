import { openSink, type Sink } from "./output/sink.ts";
import { STREAMS } from "./output/standard-streams.ts";

/** Runs with the streams of this process, and ends when all text is handed over. Files are made with umask 022. */
export async function withSink<T>(run: (sink: Sink) => Promise<T>): Promise<T> {
  process.umask(0o022);
  const sink = openSink(STREAMS);
  try {
    return await run(sink);
  } finally {
    await sink.finish();
  }
}
