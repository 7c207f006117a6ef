import { closestMatch } from "leven";

/**
 * The candidate that `word` was probably meant to be, or `undefined` when none is near: at most half of its letters
 * (and never more than three) may differ. Upper and lower case count as equal.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > 100) return undefined;
  const spelling = new Map<string, string>();
  for (const candidate of candidates) spelling.set(candidate.toLowerCase(), candidate);
  const maxDistance = Math.min(3, Math.max(1, Math.floor(word.length / 2)));
  const found = closestMatch(word.toLowerCase(), [...spelling.keys()], { maxDistance });
  return found === undefined ? undefined : spelling.get(found);
}
