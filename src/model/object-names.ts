import type { BaseName } from "./ids.ts";

/** Names behind each other in ASCII: number `n` from `starts[n]` up to `starts[n + 1]`. */
export interface PackedNames {
  readonly text: Buffer;
  /** One more than there are names. */
  readonly starts: Uint32Array;
  /** How many of them, from 0, are in the order of names; behind them can be others in any order. */
  readonly sorted: number;
}

/** Names that stay bytes until somebody asks for them: strings of a hundred thousand cost more than what is done with them. */
export interface ObjectNames extends PackedNames {
  readonly size: number;
  at(number: number): BaseName;
  numberOf(name: BaseName): number | undefined;
  /** The first of the sorted ones that does not come before this name. */
  firstFrom(name: BaseName): number;
}

export function objectNames({ text, starts, sorted }: PackedNames): ObjectNames {
  const size = starts.length - 1;
  let others: ReadonlyMap<string, number> | undefined;
  /** Names are mostly asked for in their order. */
  let expected = 0;

  const at = (number: number) => text.toString("latin1", starts[number], starts[number + 1]) as BaseName;
  const isAt = (number: number, name: string) =>
    number < sorted &&
    (starts[number + 1] as number) - (starts[number] as number) === name.length &&
    at(number) === name;

  return { text, starts, sorted, size, at, numberOf, firstFrom };

  function numberOf(name: BaseName): number | undefined {
    const number = isAt(expected, name) ? expected : firstFrom(name);
    if (!isAt(number, name)) return numberOfOther(name);
    expected = number + 1;
    return number;
  }

  function firstFrom(name: BaseName): number {
    let low = 0;
    for (let high = sorted; low < high; ) {
      const middle = (low + high) >>> 1;
      if (compare(middle, name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Below 0 when the number's name comes before this one, above when behind. */
  function compare(number: number, name: string): number {
    const start = starts[number] as number;
    const length = (starts[number + 1] as number) - start;
    const common = Math.min(length, name.length);
    for (let index = 0; index < common; index++) {
      const difference = (text[start + index] as number) - name.charCodeAt(index);
      if (difference !== 0) return difference;
    }
    return length - name.length;
  }

  function numberOfOther(name: string): number | undefined {
    others ??= new Map(Array.from({ length: size - sorted }, (_, index) => [at(sorted + index), sorted + index]));
    return others.get(name);
  }
}

/** A list of names that grows at its end. */
export interface NameWriter {
  push(name: string): void;
  /** Names of another list, from one number up to another. */
  copy(names: PackedNames, from: number, to: number): void;
  end(sorted: number): PackedNames;
}

/** Room for so many bytes and names. */
export function createNameWriter(bytes: number, count: number): NameWriter {
  let text = Buffer.allocUnsafe(bytes);
  let starts = new Uint32Array(count + 1);
  let size = 0;
  const used = () => starts[size] as number;

  function makeRoom(more: number, names: number): void {
    if (used() + more > text.length) text = Buffer.concat([text.subarray(0, used())], 2 * (used() + more));
    if (size + names < starts.length) return;
    const wider = new Uint32Array(2 * (size + names) + 1);
    wider.set(starts.subarray(0, size + 1));
    starts = wider;
  }

  return {
    push(name) {
      makeRoom(name.length, 1);
      const end = used() + text.write(name, used(), "latin1");
      size += 1;
      starts[size] = end;
    },
    copy(names, from, to) {
      const [first, last] = [names.starts[from] as number, names.starts[to] as number];
      makeRoom(last - first, to - from);
      const shift = used() - first;
      names.text.copy(text, used(), first, last);
      for (let number = from; number < to; number++) {
        size += 1;
        starts[size] = (names.starts[number + 1] as number) + shift;
      }
    },
    end: (sorted) => ({ text: text.subarray(0, used()), starts: starts.subarray(0, size + 1), sorted }),
  };
}
