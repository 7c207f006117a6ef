import { closestMatch } from "leven";

/**
 * The candidate that `word` was probably meant to be, or `undefined` when none is near: one with the same letters in
 * another order, or one in which at most half of them (and never more than three) differ. Case does not count. A single
 * letter only stands for a candidate that has it.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > 100) return undefined;
  const spelling = new Map<string, string>();
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase();
    if (word.length > 1 || lower.includes(word.toLowerCase())) spelling.set(lower, candidate);
  }
  const maxDistance = Math.min(3, Math.max(1, Math.floor(word.length / 2)));
  const swapped = [...spelling.keys()].find((candidate) => lettersOf(candidate) === lettersOf(word));
  const found = swapped ?? closestMatch(word.toLowerCase(), [...spelling.keys()], { maxDistance });
  return found === undefined ? undefined : spelling.get(found);
}

function lettersOf(word: string): string {
  return [...word.toLowerCase()].sort().join("");
}
