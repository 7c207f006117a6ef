import { fstatSync, writeSync } from "node:fs";
import { isErrno } from "../../errors.ts";

/** What is needed of a stream of this process. */
export interface TextStream {
  readonly isTTY?: boolean;
  /** `done` is called when the text is handed over, or with the reason why it cannot be. */
  write(text: string | Uint8Array, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export type TextStreams = Readonly<Record<StreamName, TextStream>>;
type StreamName = "stdout" | "stderr";

/**
 * Stdout and stderr of a process. Files, pipes and /dev/null are written to directly: Node's own streams write to them at
 * once as well, but take milliseconds to set up.
 */
export function standardStreams(streams: TextStreams, descriptors = { stdout: 1, stderr: 2 }): TextStreams {
  const opened: Partial<Record<StreamName, TextStream>> = {};
  const open = (name: StreamName): TextStream => {
    const fd = descriptors[name];
    opened[name] ??= isPlain(fd) ? directStream(fd, () => streams[name]) : streams[name];
    return opened[name];
  };
  return {
    get stdout() {
      return open("stdout");
    },
    get stderr() {
      return open("stderr");
    },
  };
}

export const STREAMS = standardStreams(process);

/** Major number of /dev/null and its like on Linux; terminals have others. */
const MEMORY_DEVICES = 1;

function isPlain(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    if (status.isCharacterDevice()) return process.platform === "linux" && status.rdev >> 8 === MEMORY_DEVICES;
    return status.isFile() || status.isFIFO();
  } catch {
    return false;
  }
}

/** Writes at once. Where somebody made the pipe non-blocking and it is full, Node's stream takes over. */
function directStream(fd: number, nodeStream: () => TextStream): TextStream {
  const listeners: ((error: Error) => void)[] = [];
  let instead: TextStream | undefined;

  function takeOver(): TextStream {
    const stream = nodeStream();
    for (const listener of listeners) stream.on("error", listener);
    return stream;
  }

  return {
    isTTY: false,
    on: (_event, listener) => (instead ? instead.on("error", listener) : listeners.push(listener)),
    write(text, done) {
      if (instead) return instead.write(text, done);
      const bytes = Buffer.from(text);
      let at = 0;
      try {
        while (at < bytes.length) at += writeSync(fd, bytes, at);
      } catch (error) {
        if (isErrno(error, "EAGAIN")) {
          instead = takeOver();
          return instead.write(bytes.subarray(at), done);
        }
        for (const listener of listeners) listener(error as Error);
        return done(error as Error);
      }
      return done();
    },
  };
}
