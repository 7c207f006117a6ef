/** Gives the next bits as a number; `null` goes on to the next byte. */
interface Bzip2Bits {
  (count: number | null): number;
  readonly bytesRead: number;
}

declare module "@openpgp/unbzip2-stream/lib/bit_iterator.js" {
  export default function readBits(nextChunk: () => Uint8Array): Bzip2Bits;
}

declare module "@openpgp/unbzip2-stream/lib/bzip2.js" {
  const bzip2: {
    /** Reads the header of a stream; tells its level, 1 to 9. */
    header(bits: Bzip2Bits): number;
    /**
     * Unpacks the next block, byte after byte, and gives the checksum of all blocks so far; `null` at the end of the
     * stream, whose checksum is then verified. `work` has room for `blockBytes` numbers.
     */
    decompress(
      bits: Bzip2Bits,
      put: (byte: number) => void,
      work: Int32Array,
      blockBytes: number,
      checksum: number,
    ): number | null;
  };
  export default bzip2;
}
