/**
 * bash cuts words at `=` and `:`, and gives these as words of their own: `--color = al` was typed `--color=al`.
 * An `=` or `:` that was typed as a word of its own cannot be told from that; nobody types one.
 */
export function rejoinWords(words: readonly string[]): string[] {
  const joined: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isBreak = /^[=:]+$/.test(word);
    if ((isBreak || isOpen) && joined.length > 0) joined.push(`${joined.pop()}${word}`);
    else joined.push(word);
    isOpen = isBreak;
  }
  return joined;
}
