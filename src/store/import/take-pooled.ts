import type { ByteString } from "../../model/byte-string.ts";
import type { ImportedDirectory } from "./import-tree.ts";
import type { PooledBatch } from "./link-pooled.ts";
import { packFiles } from "./pack-files.ts";
import { type ImportRunner, inPieces } from "./runner.ts";

/**
 * Puts the files that the import left to the pool at their targets. This waits until it is known that the object is a
 * new one: what the store has already is so added again without a link made or a byte written.
 * @throws StoreError FAILED when a file that the pool no longer has changed in the source meanwhile
 */
export async function takePooled(tree: ImportedDirectory, source: ByteString, runner: ImportRunner): Promise<void> {
  const directories = [...withPooled(tree, source)];
  const pieces = inPieces(directories);
  const answers = await Promise.all(
    pieces.map((piece) => runner.run({ kind: "link", batches: piece.map(({ batch }) => batch) })),
  );
  answers.flat().forEach((copied, at) => {
    for (const name of copied) markCopied(directories[at]?.tree, name);
  });
}

interface PooledDirectory {
  readonly tree: ImportedDirectory;
  readonly batch: PooledBatch;
}

function* withPooled(tree: ImportedDirectory, source: ByteString): Iterable<PooledDirectory> {
  const pooled = [...tree.files].filter(([, file]) => file.pooled);
  if (pooled.length > 0) {
    const files = packFiles(pooled.map(([, file]) => file));
    yield { tree, batch: { source, target: tree.path, names: pooled.map(([name]) => name), files } };
  }
  for (const [name, inner] of tree.directories) yield* withPooled(inner, `${source}/${name}` as ByteString);
}

function markCopied(tree: ImportedDirectory | undefined, name: ByteString): void {
  const file = tree?.files.get(name);
  if (file) tree?.files.set(name, { ...file, pooled: false });
}
