import { describeRoot, type Root } from "../../model/root.ts";
import { printable } from "./printable.ts";

/** Each root with the objects that it keeps by itself; of a generation the forest alone. */
export function rootLines(roots: readonly Root[]): string[] {
  return roots.map((root) => {
    const objects = root.kind === "generation" ? root.objects.slice(0, 1) : root.objects;
    return printable(`${describeRoot(root)} → ${objects.join(" ")}`);
  });
}
