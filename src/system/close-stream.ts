import { once } from "node:events";
import type { Readable } from "node:stream";

/** Ends a stream and waits until its file is closed: an open file of a process keeps what its path names in use. */
export async function closeStream(stream: Readable): Promise<void> {
  stream.destroy();
  if (!stream.closed) await once(stream, "close");
}
