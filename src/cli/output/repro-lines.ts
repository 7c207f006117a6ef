import type { ReproducedBuild } from "../../operations/building/build-repro.ts";
import { printable } from "./printable.ts";

/** How a build that was packed elsewhere came out here, for a person. */
export function reproLines({ name, version, same, expected, hostDifferences }: ReproducedBuild): string[] {
  const subject = printable(`${name} ${version}`);
  const tools = hostDifferences.map(({ member }) => printable(member)).join(", ");
  const other = tools === "" ? [] : [`${subject}: the tools of this machine are others (${tools})`];
  switch (same) {
    case null:
      return [...other, `${subject} was not built where it was packed, and is now`];
    case true:
      return [...other, `${subject} came out the same as where it was packed`];
    case false:
      return [...other, `${subject} came out differently: there it was ${printable(expected ?? "")}`];
  }
}
