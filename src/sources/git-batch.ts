import { StoreError } from "../errors.ts";

/** Reads what `git cat-file --batch` writes. */
export interface GitBatch {
  /** The size of the blob that comes next, which must have this object id. */
  readonly header: (id: string) => Promise<number>;
  /** Hands the next `size` bytes to `sink` in pieces. */
  readonly content: (size: number, sink: (piece: Buffer) => void) => Promise<void>;
}

export function readGitBatch(stream: AsyncIterable<Buffer>): GitBatch {
  const pieces = stream[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async () => {
    const next = await pieces.next();
    if (next.done) throw new StoreError("FAILED", "git ended before it wrote all objects");
    return next.value;
  };
  const content: GitBatch["content"] = async (size, sink) => {
    for (let left = size; left > 0; ) {
      if (rest.length === 0) rest = await more();
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      sink(piece);
    }
  };
  const header: GitBatch["header"] = async (id) => {
    while (!rest.includes(0x0a)) rest = Buffer.concat([rest, await more()]);
    const end = rest.indexOf(0x0a);
    const line = rest.toString("latin1", 0, end);
    rest = rest.subarray(end + 1);
    const [, found, size] = /^([0-9a-f]+) blob (\d+)$/.exec(line) ?? [];
    if (found !== id) throw new StoreError("FAILED", `git has no file ${id}: ${line}`);
    return Number(size);
  };
  return { header, content };
}
