import type { BaseName, GenerationNumber, ProfileName } from "./ids.ts";

/** Something that keeps objects, and all that they need, from being collected. */
export type Root = { readonly objects: readonly BaseName[] } & (
  | {
      readonly kind: "generation";
      readonly profile: ProfileName;
      readonly generation: GenerationNumber;
      readonly current: boolean;
      readonly pinned: boolean;
      readonly tags: readonly string[];
    }
  /** Asked for with `store root add`. */
  | { readonly kind: "named"; readonly name: string }
  /** A link somewhere else that leads to the object. */
  | { readonly kind: "link"; readonly path: string }
  /** A running command of the store. */
  | { readonly kind: "lease"; readonly pid: number | undefined; readonly command: string; readonly since: string }
  /** A running process that uses them. */
  | { readonly kind: "process"; readonly pid: number; readonly command: string }
);

/** What a root is called in chains and messages. */
export function describeRoot(root: Root): string {
  switch (root.kind) {
    case "generation": {
      const marks = [
        ...(root.current ? ["live"] : []),
        ...(root.pinned ? ["pinned"] : []),
        ...root.tags.map((tag) => `tag:${tag}`),
      ];
      return `gen-${root.generation} of profile '${root.profile}'${marks.length > 0 ? ` (${marks.join(", ")})` : ""}`;
    }
    case "named":
      return `root '${root.name}'`;
    case "link":
      return `link ${root.path}`;
    case "lease":
      return `running command ${root.pid ?? "?"} (${root.command})`;
    case "process":
      return `process ${root.pid} (${shortened(root.command)})`;
  }
}

const LONGEST = 60;

function shortened(command: string): string {
  return command.length > LONGEST ? `${command.slice(0, LONGEST)}…` : command;
}
