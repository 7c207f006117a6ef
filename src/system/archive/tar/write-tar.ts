import { Header } from "tar/header";
import { type ByteString, isAscii, toBytes } from "../../../model/byte-string.ts";
import { BLOCK, padding } from "./tar-input.ts";

/** One entry of an archive that is written. Paths are relative; parents stand before what is in them. */
export type TarMember =
  | { readonly kind: "directory"; readonly path: ByteString }
  | { readonly kind: "symlink"; readonly path: ByteString; readonly target: ByteString }
  | {
      readonly kind: "file";
      readonly path: ByteString;
      readonly executable: boolean;
      readonly size: number;
      /** Exactly `size` bytes, read when they are written. No buffer is used again. */
      readonly content: () => Iterable<Buffer>;
    };

/**
 * The bytes of a tar archive (POSIX.1-2017 pax) with these members and nothing that differs from one machine to
 * another: no owner, no time but one second after the epoch, modes 0755 and 0644. Names that are long, or not ASCII, stand
 * as bytes in an extended header, which every tar of today reads.
 */
export function* writeTar(members: Iterable<TarMember>): Generator<Buffer> {
  for (const member of members) {
    yield headerOf(member);
    if (member.kind !== "file") continue;
    let written = 0;
    for (const piece of member.content()) {
      written += piece.length;
      yield piece;
    }
    if (written !== member.size) throw new RangeError(`${written} bytes for a file of ${member.size}`);
    yield Buffer.alloc(padding(member.size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** What stands in the header itself where an extended one has the whole. */
const ELSEWHERE = "see-extended-header";

function headerOf(member: TarMember): Buffer {
  const path = member.kind === "directory" ? (`${member.path}/` as ByteString) : member.path;
  const target = member.kind === "symlink" ? member.target : undefined;
  const records: Buffer[] = [];
  if (!fits(path)) records.push(paxRecord("path", path));
  if (target !== undefined && !fits(target)) records.push(paxRecord("linkpath", target));
  const own = block({
    path: fits(path) ? path : ELSEWHERE,
    type: TYPES[member.kind],
    mode: member.kind === "file" && !member.executable ? 0o644 : 0o755,
    size: member.kind === "file" ? member.size : 0,
    ...(target !== undefined && { linkpath: fits(target) ? target : ELSEWHERE }),
  });
  if (records.length === 0) return own;
  const content = Buffer.concat(records);
  const extended = block({ path: "extended-header", type: "ExtendedHeader", mode: 0o644, size: content.length });
  return Buffer.concat([extended, content, Buffer.alloc(padding(content.length)), own]);
}

const TYPES = { directory: "Directory", symlink: "SymbolicLink", file: "File" } as const;

/** Shorter than the field, so that a NUL ends it. */
function fits(name: ByteString): boolean {
  return name.length < 100 && isAscii(name);
}

interface Fields {
  readonly path: string;
  readonly type: "Directory" | "SymbolicLink" | "File" | "ExtendedHeader";
  readonly mode: number;
  readonly size: number;
  readonly linkpath?: string;
}

function block(fields: Fields): Buffer {
  const buffer = Buffer.alloc(BLOCK);
  const header = new Header({ uid: 0, gid: 0, uname: "", gname: "", mtime: new Date(1000), ...fields });
  header.encode(buffer, 0);
  return buffer;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: ByteString): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), toBytes(value), Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}
