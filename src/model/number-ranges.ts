/** A set of whole numbers as `[first, last]` pairs, ascending, that neither touch nor overlap. */
export type NumberRanges = readonly (readonly [number, number])[];

export function toRanges(numbers: Iterable<number>): NumberRanges {
  const ranges: [number, number][] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

export function* numbersIn(ranges: NumberRanges): Generator<number> {
  for (const [first, last] of ranges) for (let number = first; number <= last; number += 1) yield number;
}

export function inRanges(ranges: NumberRanges, number: number): boolean {
  return ranges.some(([first, last]) => first <= number && number <= last);
}

export function addToRanges(ranges: NumberRanges, number: number): NumberRanges {
  const apart = ranges.filter(([first, last]) => number < first - 1 || number > last + 1);
  if (apart.length === ranges.length) return [...ranges, [number, number] as const].sort((a, b) => a[0] - b[0]);
  const touched = ranges.filter((range) => !apart.includes(range));
  const joined = [
    Math.min(number, ...touched.map(([first]) => first)),
    Math.max(number, ...touched.map(([, last]) => last)),
  ] as const;
  return [...apart, joined].sort((a, b) => a[0] - b[0]);
}

export function removeFromRanges(ranges: NumberRanges, number: number): NumberRanges {
  return ranges.flatMap(([first, last]): NumberRanges => {
    if (number < first || number > last) return [[first, last]];
    const below: NumberRanges = first < number ? [[first, number - 1]] : [];
    return number < last ? [...below, [number + 1, last]] : below;
  });
}

/** Whether `value` has the shape of `NumberRanges` with numbers from 0. */
export function isRanges(value: unknown): value is NumberRanges {
  let before = -2;
  return (
    Array.isArray(value) &&
    value.every((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(Number.isSafeInteger)) return false;
      const fits = pair[0] > before + 1 && pair[0] >= 0 && pair[1] >= pair[0];
      before = pair[1];
      return fits;
    })
  );
}
