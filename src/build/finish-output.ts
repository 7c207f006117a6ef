import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { gunzipSync } from "node:zlib";
import { StoreError } from "../errors.ts";
import { type ByteString, fromText, toEscaped, toFsPath } from "../model/byte-string.ts";

/** What is in the way of an output being moved to another store. */
export interface HiddenMention {
  /** Path in the output. */
  readonly file: string;
  /** The member of the compressed file. */
  readonly member: string;
}

/**
 * Brings a build's output into a form that can be localised: compressed man and info pages are stored plain.
 * Returns the compressed files that mention the store all the same: no replacement can reach into them.
 */
export async function finishOutput(
  out: string,
  options: { readonly patterns: readonly Buffer[]; readonly scratch: string },
): Promise<readonly HiddenMention[]> {
  const root = fromText(out);
  const found: HiddenMention[] = [];
  for (const path of filesBelow(root, "")) {
    if (/^share\/(?:man|info)\/.*\.gz$/.test(path)) {
      plainPage(`${root}/${path}` as ByteString);
      continue;
    }
    for (const member of await membersWith(`${root}/${path}` as ByteString, options))
      found.push({ file: toEscaped(path), member });
  }
  return found;
}

function* filesBelow(root: ByteString, prefix: string): Generator<ByteString> {
  for (const entry of readdirSync(toFsPath(`${root}/${prefix}` as ByteString), {
    withFileTypes: true,
    encoding: "latin1",
  })) {
    const path = `${prefix}${entry.name}` as ByteString;
    if (entry.isDirectory()) yield* filesBelow(root, `${path}/`);
    else yield path;
  }
}

/** `x.1.gz` becomes `x.1`; a symlink to a compressed page leads to the plain one. */
function plainPage(path: ByteString): void {
  const plain = path.replace(/\.gz$/, "") as ByteString;
  if (lstatSync(toFsPath(path)).isSymbolicLink()) {
    const target = readlinkSync(toFsPath(path), "latin1").replace(/\.gz$/, "") as ByteString;
    unlinkSync(toFsPath(path));
    rmSync(toFsPath(plain), { force: true });
    symlinkSync(toFsPath(target), toFsPath(plain));
    return;
  }
  const temporary = `${plain}.plain` as ByteString;
  writeFileSync(toFsPath(temporary), gunzipSync(readFileSync(toFsPath(path))));
  renameSync(toFsPath(temporary), toFsPath(plain));
  unlinkSync(toFsPath(path));
}

async function membersWith(
  path: ByteString,
  options: { patterns: readonly Buffer[]; scratch: string },
): Promise<string[]> {
  if (!looksCompressed(path)) return [];
  const { findInCompressed } = await import("./find-in-compressed.ts");
  return findInCompressed(path, options.patterns, options.scratch);
}

/** How files of gzip, bzip2, xz, zstd and zip begin. */
const MAGIC: readonly Buffer[] = [
  Buffer.from([0x1f, 0x8b]),
  Buffer.from("BZh"),
  Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]),
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
  Buffer.from("PK\x03\x04", "latin1"),
];

function looksCompressed(path: ByteString): boolean {
  if (!lstatSync(toFsPath(path)).isFile()) return false;
  const fd = openSync(toFsPath(path), "r");
  try {
    const start = Buffer.alloc(6);
    readSync(fd, start, 0, 6, 0);
    return MAGIC.some((bytes) => start.subarray(0, bytes.length).equals(bytes));
  } finally {
    closeSync(fd);
  }
}

/** @throws StoreError BUILD_FAILED naming every file and member */
export function refuseHiddenMentions(id: string, hidden: readonly HiddenMention[]): void {
  if (hidden.length === 0) return;
  const list = hidden.map(({ file, member }) => `  ${file}: ${member}`).join("\n");
  throw new StoreError(
    "BUILD_FAILED",
    `${id} mentions the store inside compressed files, where it cannot be replaced:\n${list}`,
    {
      hint: "Install these files uncompressed, or write `addressing: input` in the recipe: the output is then named by its derivation and cannot be moved.",
      details: { hidden },
    },
  );
}
