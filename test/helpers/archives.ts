import { execFileSync, spawnSync } from "node:child_process";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { TestRunner } from "vitest";

/** Names and contents: text is UTF-8. */
export type Bytes = string | Uint8Array;

/** An entry of a tar archive, or a header that belongs to the next one, in as much detail as a test needs. */
export interface TarMember {
  readonly name: Bytes;
  /** `5` for a name that ends in a slash, otherwise `0`. */
  readonly type?: string;
  readonly content?: Bytes;
  /** Target of a symlink or hard link. */
  readonly link?: Bytes;
  readonly mode?: number;
  /** POSIX's format unless given. */
  readonly format?: "ustar" | "gnu" | "v7";
  /** The size that the header tells instead of the content's: a number, or the field's twelve bytes. */
  readonly size?: number | Buffer;
  /** Changes the header before its checksum is made. */
  readonly patch?: (header: Buffer) => void;
}

export interface TarOptions {
  /** How many blocks of zeros stand at the end: two unless given. */
  readonly endBlocks?: number;
}

export function makeTar(members: readonly TarMember[], { endBlocks = 2 }: TarOptions = {}): Buffer {
  return Buffer.concat([...members.map(tarMember), Buffer.alloc(endBlocks * 512)]);
}

/** An extended header with these records, in this order. */
export function paxHeader(records: Readonly<Record<string, Bytes>> | [string, Bytes][], type = "x"): TarMember {
  const pairs = Array.isArray(records) ? records : Object.entries(records);
  return { name: "pax", type, content: Buffer.concat(pairs.map(([key, value]) => paxRecord(key, value))) };
}

/** GNU's long name (`L`) or long link target (`K`) of the next entry. */
export function gnuLong(type: "K" | "L", name: Bytes): TarMember {
  return { name: "././@LongLink", type, content: Buffer.concat([bytesOf(name), Buffer.of(0)]), format: "gnu" };
}

/** A field of twelve bytes with a number in octal digits. */
export function octal(value: number, width = 12): Buffer {
  return Buffer.from(`${value.toString(8).padStart(width - 1, "0")}\0`);
}

/** A field of twelve bytes with a number in GNU's base 256. */
export function base256(value: number): Buffer {
  const field = Buffer.alloc(12);
  field[0] = 0x80;
  field.writeBigUInt64BE(BigInt(value), 4);
  return field;
}

function paxRecord(key: string, value: Bytes): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), bytesOf(value), Buffer.from("\n")]);
  let length = rest.length + 1;
  while (rest.length + String(length).length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function tarMember(member: TarMember): Buffer {
  const content = bytesOf(member.content ?? "");
  return Buffer.concat([
    tarHeader(member, content.length),
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ]);
}

function tarHeader(member: TarMember, contentBytes: number): Buffer {
  const header = Buffer.alloc(512);
  const name = bytesOf(member.name);
  const size = member.size ?? contentBytes;
  name.copy(header, 0, 0, 100);
  octal(member.mode ?? 0o644, 8).copy(header, 100);
  octal(0, 8).copy(header, 108);
  octal(0, 8).copy(header, 116);
  (typeof size === "number" ? octal(size) : size).copy(header, 124);
  octal(0).copy(header, 136);
  header.write(member.type ?? (name.at(-1) === 0x2f ? "5" : "0"), 156, "latin1");
  bytesOf(member.link ?? "").copy(header, 157, 0, 100);
  const magic = { ustar: "ustar\x0000", gnu: "ustar  \0", v7: "" }[member.format ?? "ustar"];
  header.write(magic, 257, "latin1");
  member.patch?.(header);
  header.write(" ".repeat(8), 148);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return header;
}

/** An entry of a zip archive. */
export interface ZipMember {
  readonly name: Bytes;
  readonly content?: Bytes;
  /** `st_mode`; with it the archive says that it was made on Unix. */
  readonly mode?: number;
  readonly isStored?: boolean;
  /** The compressed data instead of the content's own. */
  readonly packed?: Buffer;
  /** Changes the headers: the entry's own, and its copy in the central directory. */
  readonly patchLocal?: (header: Buffer) => void;
  readonly patchCentral?: (header: Buffer) => void;
  readonly extra?: Buffer;
  /** Where the central directory says that the entry is, instead of where it is. */
  readonly at?: number;
  readonly flags?: number;
}

export interface ZipOptions {
  /** The count of entries that the end tells. */
  readonly count?: number;
  /** What stands behind everything else. */
  readonly comment?: Buffer;
}

export function makeZip(members: readonly ZipMember[], options: ZipOptions = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const { local, central } = zipMember(member, member.at ?? at);
    locals.push(local);
    centrals.push(central);
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.count ?? members.length, 8);
  end.writeUInt16LE(options.count ?? members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(options.comment?.length ?? 0, 20);
  return Buffer.concat([...locals, directory, end, options.comment ?? Buffer.alloc(0)]);
}

function zipMember(member: ZipMember, offset: number): { readonly local: Buffer; readonly central: Buffer } {
  const name = bytesOf(member.name);
  const content = bytesOf(member.content ?? "");
  const packed = member.packed ?? (member.isStored ? content : deflateRawSync(content));
  const extra = member.extra ?? Buffer.alloc(0);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(member.flags ?? 0, 2);
  common.writeUInt16LE(member.isStored ? 0 : 8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  common.writeUInt16LE(extra.length, 24);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.of(20, 0), common, Buffer.alloc(14)]);
  if (member.mode !== undefined) central.writeUInt8(3, 5);
  central.writeUInt32LE(((member.mode ?? 0) << 16) >>> 0, 38);
  central.writeUInt32LE(offset, 42);
  member.patchLocal?.(local);
  member.patchCentral?.(central);
  return { local: Buffer.concat([local, name, extra, packed]), central: Buffer.concat([central, name, extra]) };
}

export type Packing = "gzip" | "bzip2" | "xz" | "zstd";

export const PACKINGS: readonly Packing[] = ["gzip", "bzip2", "xz", "zstd"];

/** Compresses; with further arguments by the program of that name. */
export function pack(packing: Packing, content: Uint8Array, args: readonly string[] = []): Buffer {
  if (packing === "gzip" && args.length === 0) return gzipSync(content);
  return execFileSync(packing, ["-c", ...args], {
    input: content,
    maxBuffer: 1 << 30,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

/** How many trees another program packs for us to compare: `npm run test:fuzz` takes more. */
export const ORACLE_RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 60) / 20);

/** Skips the running test, with a notice, unless the host has these programs. */
export function needPrograms(...names: readonly string[]): void {
  const missing = names.filter((name) => !hasProgram(name));
  if (missing.length > 0) skipTest(`needs ${missing.join(", ")}`);
}

const found = new Map<string, boolean>();

function hasProgram(name: string): boolean {
  const known = found.get(name) ?? spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
  found.set(name, known);
  return known;
}

/** Skips the running test and says why. */
export function skipTest(why: string): never {
  const test = TestRunner.getCurrentTest();
  process.stderr.write(`SKIPPED: ${test?.name}: ${why}\n`);
  return test?.context.skip(why) as never;
}

function bytesOf(bytes: Bytes): Buffer {
  return typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes);
}
