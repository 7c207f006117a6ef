import type { ByteString } from "../../model/byte-string.ts";
import type { ImportedDirectory, ImportedFiles } from "./imported-tree.ts";
import type { PooledBatch } from "./link-pooled.ts";
import { FLAG, hasFlag, pickFiles, placesOf, someHave } from "./pack-files.ts";
import { type ImportRunner, inPieces } from "./runner.ts";

/**
 * Puts the files that the import left to the pool at their targets. This waits until it is known that the object is a
 * new one: what the store has already is so added again without a link made or a byte written.
 * @throws StoreError FAILED when a file that the pool no longer has changed in the source meanwhile
 */
export async function takePooled(tree: ImportedDirectory, source: ByteString, runner: ImportRunner): Promise<void> {
  const pooled = [...withPooled(tree, source)];
  const pieces = inPieces(pooled);
  const answers = await Promise.all(
    pieces.map((piece) => runner.run({ kind: "link", batches: piece.map(({ batch }) => batch) })),
  );
  answers.flat().forEach((copied, at) => {
    markCopied((pooled[at] as PooledPart).part, copied);
  });
}

interface PooledPart {
  readonly part: ImportedFiles;
  readonly batch: PooledBatch;
}

function* withPooled(tree: ImportedDirectory, source: ByteString): Iterable<PooledPart> {
  for (const part of tree.files) {
    if (!someHave(part.files, "pooled")) continue;
    const places = placesOf(part.files, (at) => hasFlag(part.files, at, "pooled"));
    const names = places.map((at) => part.names[at] as ByteString);
    yield { part, batch: { source, target: tree.path, names, files: pickFiles(part.files, places) } };
  }
  for (const [name, inner] of tree.directories) yield* withPooled(inner, `${source}/${name}` as ByteString);
}

function markCopied({ names, files }: ImportedFiles, copied: readonly ByteString[]): void {
  if (copied.length === 0) return;
  const wanted = new Set(copied);
  for (const at of placesOf(files, (place) => wanted.has(names[place] as ByteString)))
    files.flags[at] = (files.flags[at] as number) & ~FLAG.pooled;
}
