/** What threads tell of their reading, and how fast they may read. Plain data: it is sent to worker threads. */
export interface Pace {
  /** Two 64-bit counters: bytes read, files looked at. */
  readonly counters: SharedArrayBuffer;
  /** Rest as long as the work took: half of the disk and of the processor is left to others. */
  readonly rests: boolean;
}

export function createPace(rests: boolean): Pace {
  return { counters: new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT), rests };
}

export function readPace({ counters }: Pace): { readonly bytes: number; readonly files: number } {
  const view = new BigInt64Array(counters);
  return { bytes: Number(Atomics.load(view, 0)), files: Number(Atomics.load(view, 1)) };
}

export function countFile({ counters }: Pace): void {
  Atomics.add(new BigInt64Array(counters), 1, 1n);
}

/** Counts what one read gave, and rests where that is wanted; `began` is from `performance.now()`. */
export function countBytes({ counters, rests }: Pace, bytes: number, began: number): void {
  Atomics.add(new BigInt64Array(counters), 0, BigInt(bytes));
  if (rests) rest(performance.now() - began);
}

function rest(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
