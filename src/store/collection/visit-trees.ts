import { blockBytes, visitTree } from "../../system/disk-usage.ts";

/** Files and trees of one directory. */
export interface VisitTask {
  readonly kind: "visit";
  readonly directory: string;
  /** Names in it. */
  readonly objects: readonly string[];
}

/** For each name that was met two: the inode, and the bytes of its blocks. */
export type SeenNames = Float64Array;

export function visitTrees({ directory, objects }: VisitTask): SeenNames {
  const seen: number[] = [];
  for (const name of objects)
    visitTree(`${directory}/${name}`, (status) => void seen.push(status.ino, blockBytes(status)));
  return Float64Array.from(seen);
}
