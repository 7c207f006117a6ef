import { withoutDigest } from "./base-name-parts.ts";
import { isBaseName } from "./ids.ts";

/** What a file name tells about a package. */
export interface NameAndVersion {
  readonly name: string;
  /** Absent when the name holds none. */
  readonly version: string | undefined;
}

const ARCHIVE_ENDING = /\.(?:tar(?:\.(?:gz|bz2|xz|zst|lzma|Z))?|tgz|tbz2?|txz|tzst|zip|jar|whl|gz|bz2|xz|zst)$/i;
const VERSION = /^(.+?)[-_](?<!x86_)v?(\d[A-Za-z0-9.+~]*(?:-\d+)*(?:[-_.](?:rc|alpha|beta|pre|dev|p|r|post)\.?\d*)?)$/i;

/**
 * Name and version from a file's or directory's name: `zlib-1.3.1.tar.gz` is zlib 1.3.1, `pari-2.15.2.p1` is pari
 * 2.15.2.p1, `notes` is notes without a version. Of what is named as an object, perhaps of another store, the digest is left
 * out. Characters that a package name cannot have become `_`.
 */
export function fromFileName(fileName: string): NameAndVersion {
  const bare = fileName.replace(ARCHIVE_ENDING, "");
  const stem = isBaseName(bare) ? withoutDigest(bare) : bare;
  const match = VERSION.exec(stem);
  return { name: cleanName(match?.[1] ?? stem), version: match?.[2]?.replaceAll("_", ".") };
}

function cleanName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9@_+.-]/g, "_").replace(/^[.-]+/, "");
  return name === "" ? "package" : name.slice(0, 128);
}
