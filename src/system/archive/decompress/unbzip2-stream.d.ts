declare module "@openpgp/unbzip2-stream" {
  /** Decompresses; the stream that comes back fails when the data are damaged. */
  export default function unbzip2(input: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
}
