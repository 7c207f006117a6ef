import fc from "fast-check";
import type { ByteString } from "../../src/model/byte-string.ts";
import { DIRECTORY, type Entry } from "./worlds.ts";

/** Names that go wrong in objects, in a sort by UTF-16 or by text, and where a directory sorts as if it ended in "/". */
const ODD_NAMES = [
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "length", "10", "9", "1", "01", "-1"],
  ...["a", "a.b", "a-b", "a0", "ab", "A", "a ", " a", "a\t", "a\n", "%41", "\\", "-", "~", "...", "..a", '"', "*"],
  ...["\xc3\xa9", "e\xcc\x81", "\xff", "\xfe\xff", "\x80", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xef\xbf\xbd"],
];

const anyName: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD_NAMES) },
  { weight: 1, arbitrary: bytes(1, 12) },
);

const anyContent: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 60 });

const anyLeaf: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 4, arbitrary: anyContent },
  { weight: 2, arbitrary: anyContent.map((exec) => ({ exec })) },
  { weight: 2, arbitrary: bytes(1, 30).map((link) => ({ link })) },
  { weight: 1, arbitrary: fc.constant(DIRECTORY) },
);

/** Trees with odd names, some of them empty, some with empty directories; a directory stands before what it holds. */
export const anyTree: fc.Arbitrary<ReadonlyMap<ByteString, Entry>> = directory(4).map(
  (entries) => new Map(entries as [ByteString, Entry][]),
);

function directory(depth: number): fc.Arbitrary<[string, Entry][]> {
  const child: fc.Arbitrary<Entry | [string, Entry][]> =
    depth === 1 ? anyLeaf : fc.oneof({ weight: 2, arbitrary: anyLeaf }, { weight: 1, arbitrary: directory(depth - 1) });
  return fc
    .uniqueArray(fc.tuple(anyName, child), { selector: ([name]) => name, maxLength: 6 })
    .map((children) => children.flatMap(([name, each]) => within(name, each)));
}

function within(name: string, child: Entry | [string, Entry][]): [string, Entry][] {
  if (!Array.isArray(child)) return [[name, child]];
  return [[name, DIRECTORY], ...child.map(([path, entry]): [string, Entry] => [`${name}/${path}`, entry])];
}

/** Byte strings that can be a name: no NUL, no "/", not "." or "..", and nothing that git keeps for itself. */
function bytes(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ min: 1, minLength, maxLength })
    .map((array) => Buffer.from(array).toString("latin1").replaceAll("/", "_"))
    .filter((name) => name !== "." && name !== ".." && !/^\.git/i.test(name));
}
