import fc from "fast-check";

/** A change of some bytes; of an empty text there may be nothing to change. */
export type Mutation = (bytes: Buffer<ArrayBufferLike>) => Buffer<ArrayBufferLike>;

/** Flipped, lost, repeated and inserted bytes. */
export const anyMutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([at, byte]): Mutation =>
      (bytes) =>
        withByte(bytes, at, byte),
  ),
  fc.tuple(fc.nat(), fc.nat(8)).map(
    ([at, bit]): Mutation =>
      (bytes) =>
        withByte(bytes, at, byteAt(bytes, at) ^ (1 << bit)),
  ),
  fc.nat().map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at % bytes.length),
  ),
  fc.tuple(fc.nat(), fc.nat(600)).map(
    ([at, length]): Mutation =>
      (bytes) =>
        without(bytes, at % bytes.length, length),
  ),
  fc.tuple(fc.nat(), fc.nat(), fc.nat(1024)).map(
    ([from, to, length]): Mutation =>
      (bytes) =>
        copied(bytes, from % bytes.length, to % bytes.length, length),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 })).map(
    ([at, insert]): Mutation =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at % bytes.length), insert, bytes.subarray(at % bytes.length)]),
  ),
);

/** What several changes, one after the other, make of some bytes. */
export function mutated(bytes: Buffer, changes: readonly Mutation[]): Buffer {
  return changes.reduce<Buffer>((result, change) => change(result), bytes);
}

/** Words of a format put in somewhere: what a grammar gives weight to. */
export function anyInsertion(words: readonly string[]): fc.Arbitrary<Mutation> {
  return fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom(...words)).map(
    ([at, over, word]): Mutation =>
      (bytes) => {
        const place = bytes.length === 0 ? 0 : at % bytes.length;
        return Buffer.concat([bytes.subarray(0, place), Buffer.from(word), bytes.subarray(place + over)]);
      },
  );
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes.length === 0 ? 0 : (bytes[at % bytes.length] as number);
}

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  const result = Buffer.from(bytes);
  if (result.length > 0) result[at % result.length] = byte;
  return result;
}

function without(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

function copied(bytes: Buffer, from: number, to: number, length: number): Buffer {
  const result = Buffer.from(bytes);
  bytes.copy(result, to, from, from + length);
  return result;
}
