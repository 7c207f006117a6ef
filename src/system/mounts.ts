import { readGivenText } from "./atomic-file.ts";

export interface Mount {
  readonly place: string;
  /** `ext4`, `fuse.sshfs`. */
  readonly type: string;
}

/** What is mounted where `path` lies, as Linux tells; `undefined` where nobody does. */
export function mountAround(path: string): Mount | undefined {
  const mounts = (readGivenText("/proc/self/mounts") ?? "").split("\n").flatMap(parseMount);
  // Of two at the same place the later one is seen.
  return mounts
    .filter(({ place }) => isAbove(place, path))
    .reduce<Mount | undefined>(
      (best, each) => (best && best.place.length > each.place.length ? best : each),
      undefined,
    );
}

/** A line of fstab(5): device, place, type. Blanks and backslashes in them are written in octal. */
function parseMount(line: string): Mount[] {
  const [, place, type] = line.split(" ");
  return place === undefined || type === undefined ? [] : [{ place: unescaped(place), type }];
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function isAbove(place: string, path: string): boolean {
  return place === "/" || path === place || path.startsWith(`${place}/`);
}
