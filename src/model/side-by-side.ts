/** A line of two texts beside each other; only one of them has it where the other is `undefined`. */
export interface LinePair {
  readonly left: string | undefined;
  readonly right: string | undefined;
  readonly same: boolean;
}

/** Cells of the table that is filled for a comparison: beyond it lines are paired by their number. */
const MOST_CELLS = 4_000_000;

/** Puts two texts beside each other so that as many lines as possible meet their like. */
export function alignLines(left: readonly string[], right: readonly string[]): readonly LinePair[] {
  const shortest = Math.min(left.length, right.length);
  let head = 0;
  while (head < shortest && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  const pair = (line: string): LinePair => ({ left: line, right: line, same: true });
  const [a, b] = [left.slice(head, left.length - tail), right.slice(head, right.length - tail)];
  return [
    ...left.slice(0, head).map(pair),
    ...(a.length * b.length > MOST_CELLS ? byNumber(a, b) : byLongestCommon(a, b)),
    ...left.slice(left.length - tail).map(pair),
  ];
}

/** Lines of a text; one that does not end with a line feed has a last line all the same. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** A longest common subsequence, from the lengths of those of all ends of both. */
function byLongestCommon(a: readonly string[], b: readonly string[]): readonly LinePair[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: LinePair[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [from, fromRight] = [i, j];
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j])) {
      if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) i += 1;
      else j += 1;
    }
    pairs.push(...byNumber(a.slice(from, i), b.slice(fromRight, j)));
    if (i >= a.length || j >= b.length) continue;
    pairs.push({ left: a[i], right: b[j], same: true });
    i += 1;
    j += 1;
  }
  return pairs;
}

function byNumber(a: readonly string[], b: readonly string[]): readonly LinePair[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => ({
    left: a[at],
    right: b[at],
    same: a[at] === b[at],
  }));
}
