import type { ByteString } from "../../model/byte-string.ts";
import type { ContentTaker, TakenContent } from "../../system/archive/tree-writer.ts";
import type { OpenFiles } from "../../system/open-files.ts";
import { type AheadBatch, addToBatch, BATCH_BYTES, expectAnswer, newBatch } from "./ahead-batch.ts";
import type { ImportRunner } from "./runner.ts";

/** Writes the contents of an archive's files in tasks. */
export interface TakingContents extends ContentTaker {
  /** All batches, when no more content comes. */
  finish(): readonly AheadBatch[];
}

export interface TakingOptions {
  readonly archive: string;
  /** The archive, open for reading. */
  readonly source: number;
  readonly runner: ImportRunner;
  /** What is open here, until the task that writes to it has ended. */
  readonly openFiles: OpenFiles;
  /** Which batch holds the file that lies at a path now. */
  readonly latest: Map<ByteString, AheadBatch>;
}

/** Descriptors are few: so many files are open at once, in batches of so many. */
const MOST_OPEN = 128;
const BATCH_OPEN = 32;
/** With fewer open it goes on: a chunk of an archive of small files has some dozens of them. */
const ENOUGH_ROOM = 96;

export function takeContents({ archive, source, runner, openFiles, latest }: TakingOptions): TakingContents {
  const batches: AheadBatch[] = [];
  const begun = new Set<Promise<unknown>>();
  let open = newBatch(true);
  let contents: TakenContent[] = [];
  let openCount = 0;

  function send(): void {
    const taken = contents;
    if (batches.length === 0) runner.useThreads({ files: taken.length, bytes: open.bytes });
    const answer = runner.run({ kind: "unpack", archive, source, contents: taken }).finally(() => {
      openCount -= taken.length;
      for (const { target } of taken) openFiles.close(target);
      begun.delete(answer);
    });
    expectAnswer(open, answer);
    batches.push(open);
    begun.add(answer);
    open = newBatch(true);
    contents = [];
  }

  return {
    get hasRoom() {
      return openCount < MOST_OPEN;
    },
    take(content) {
      openFiles.add(content.target);
      // Of what a batch knows of one path, all of it must be so in the end.
      if (open.names.includes(content.path)) send();
      openCount += 1;
      contents.push(content);
      addToBatch(open, content.path, content.bytes);
      latest.set(content.path, open);
      if (contents.length >= BATCH_OPEN || open.bytes >= BATCH_BYTES) send();
    },
    async ready() {
      // Whichever ends first: a thread that only starts has some as well.
      while (openCount >= ENOUGH_ROOM && begun.size > 0) await Promise.race(begun);
    },
    finish() {
      if (contents.length > 0) send();
      return batches;
    },
  };
}
