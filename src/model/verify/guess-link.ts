import type { ByteString } from "../byte-string.ts";
import { hashLinkTarget } from "../git-object.ts";

/**
 * The target of a lost symlink, found by its id among the names that links usually have: names in the same directory,
 * and ways from there to other entries of the object. Nothing is guessed wrong: the id is a hash of the target.
 */
export function guessLinkTarget(
  path: ByteString,
  id: string,
  known: { readonly paths: Iterable<ByteString>; readonly directories: Iterable<ByteString> },
): ByteString | undefined {
  const from = path.split("/").slice(0, -1);
  for (const each of [...known.paths, ...known.directories]) {
    for (const target of waysTo(from, each)) if (hashLinkTarget(target) === id) return target;
  }
  for (let up = 1; up <= from.length; up++) {
    const target = Array(up).fill("..").join("/") as ByteString;
    if (hashLinkTarget(target) === id) return target;
  }
  return undefined;
}

function* waysTo(from: readonly string[], path: ByteString): Generator<ByteString> {
  const to = path.split("/");
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  const way = [...Array(from.length - common).fill(".."), ...to.slice(common)].join("/");
  yield way as ByteString;
  yield `./${way}` as ByteString;
  yield `${way}/` as ByteString;
}
