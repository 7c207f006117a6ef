import { isErrno } from "../../errors.ts";
import type { TextStreams } from "./standard-streams.ts";

type StreamName = keyof TextStreams;

/** Where text goes: results to stdout, everything else to stderr, and one line of progress that is written over. */
export interface Sink {
  write(stream: StreamName, text: string): void;
  /** Replaces the lines of progress on stderr; an empty text removes them. */
  status(line: string): void;
  /** Removes the line of progress for good: the work is over. */
  endStatus(): void;
  /**
   * Removes the line of progress and waits until all text is handed over. Gives the reason why results did not get to
   * stdout as a whole; that their reader went away is none.
   */
  finish(): Promise<Error | undefined>;
}

/** Erases what was shown, from its last line up. */
function eraser(shown: string): string {
  return `\r\x1b[K${"\x1b[1A\x1b[2K".repeat(shown.split("\n").length - 1)}`;
}

/** Writes to the streams of a process. A reader that goes away ends the writing, not the work. */
export function openSink(streams: TextStreams): Sink {
  const closed = new Map<StreamName, Error>();
  const watched = new Set<StreamName>();
  const pending = new Set<Promise<void>>();
  let shown = "";
  let isOver = false;
  const close = (name: StreamName, error: Error) => {
    if (!closed.has(name)) closed.set(name, error);
  };
  const send = (name: StreamName, text: string) => {
    if (closed.has(name) || text === "") return;
    if (!watched.has(name)) streams[name].on("error", (error) => close(name, error));
    watched.add(name);
    const sent = new Promise<void>((resolve) =>
      streams[name].write(text, (error) => {
        if (error) close(name, error);
        resolve();
      }),
    );
    pending.add(sent);
    sent.then(() => pending.delete(sent));
  };
  return {
    write(name, text) {
      if (shown !== "") send("stderr", eraser(shown));
      send(name, text);
      if (shown !== "") send("stderr", shown);
    },
    status(line) {
      if (isOver) return;
      if (line !== shown) send("stderr", `${shown === "" ? "" : eraser(shown)}${line}`);
      shown = line;
    },
    endStatus() {
      this.status("");
      isOver = true;
    },
    async finish() {
      this.endStatus();
      await Promise.all(pending);
      const error = closed.get("stdout");
      return isErrno(error, "EPIPE", "ECONNRESET") ? undefined : error;
    },
  };
}
