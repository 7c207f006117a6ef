/** What a build says before it applies a patch: this and the patch's name. */
export const APPLYING = "Applying ";

/** The patch of which patch(1), GNU's or BSD's, says in a build's log that the sources have it already. */
export function appliedPatch(lines: readonly string[]): string | undefined {
  const refused = lines.findLastIndex((line) => REFUSED.test(line));
  return lines
    .slice(0, Math.max(refused, 0))
    .findLast((line) => line.startsWith(APPLYING))
    ?.slice(APPLYING.length);
}

const REFUSED =
  /^Reversed \(or previously applied\)|^Ignoring previously applied|^which already exists!\s+Skipping patch/;
