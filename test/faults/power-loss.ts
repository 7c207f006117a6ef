import fs from "node:fs";
import { dirname } from "node:path";
import { isErrno } from "../../src/errors.ts";
import { type Call, KIND } from "./shim.ts";

/**
 * `ordered`: changes of metadata reach the disk in their order, and a flush brings all before it there, as with the
 * journals of ext4 and XFS. `loose`: each name reaches it for itself unless its directory was flushed, which is all that
 * POSIX promises.
 */
export type Discipline = "ordered" | "loose";

export interface PowerLoss {
  /** How many of the calls were made when the power failed. */
  readonly at: number;
  readonly discipline: Discipline;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/**
 * Makes of a store as it was before the calls what a disk can hold after a loss of power: everything that was flushed,
 * and some of what was not; of content that was not flushed, nothing, all, a part, or zeros.
 */
export function replay(calls: readonly Call[], loss: PowerLoss): void {
  const made = calls.slice(0, loss.at);
  const keeps = loss.discipline === "ordered" ? orderedKeeps(made, loss) : looseKeeps(made, loss);
  for (const [index, call] of made.entries()) {
    if (call.name === "write")
      writeSome(call, isFlushed(made, index) ? "all" : keeps(index) ? anyOf(loss) : "none", loss);
    else if (call.kind !== KIND.flush && keeps(index)) apply(call);
  }
}

type Keeps = (index: number) => boolean;

function orderedKeeps(made: readonly Call[], { random }: PowerLoss): Keeps {
  const flushed = made.findLastIndex(({ kind }) => kind === KIND.flush) + 1;
  const end = flushed + Math.floor(random() * (made.length - flushed + 1));
  return (index) => index < end;
}

function looseKeeps(made: readonly Call[], { random }: PowerLoss): Keeps {
  const kept = new Set<number>();
  const needed = new Set<string>();
  for (let index = made.length - 1; index >= 0; index--) {
    const call = made[index] as Call;
    const { from, to } = placesOf(call);
    if (to === undefined) continue;
    // What a name leads to cannot be missing where the name itself is there.
    if (!isFlushedName(made, index) && !needed.has(to) && random() < 0.5) continue;
    kept.add(index);
    for (const path of [from, to]) for (let at = path; at && at !== dirname(at); at = dirname(at)) needed.add(at);
  }
  return (index) => kept.has(index) || (made[index] as Call).name === "write";
}

/** Whether the content of this write is on the disk: its file was flushed behind it. */
function isFlushed(made: readonly Call[], index: number): boolean {
  const file = made[index]?.fields[0];
  return made.some(
    ({ name, fields }, at) => at > index && (name === "syncfs" || (name === "fsync" && fields[0] === file)),
  );
}

/** Whether a change of names or of attributes is on the disk by itself. */
function isFlushedName(made: readonly Call[], index: number): boolean {
  const { from, to } = placesOf(made[index] as Call);
  const places = [from, to].flatMap((path) => (path === undefined ? [] : [path, dirname(path)]));
  const isAttribute = (made[index] as Call).kind === KIND.meta;
  return made.some(({ name, fields }, at) => {
    if (at <= index) return false;
    if (name === "syncfs") return true;
    return name === "fsync" && (isAttribute ? fields[1] === to : places.includes(fields[1] as string));
  });
}

/** The path that a call makes or changes, and the one that it comes from. */
function placesOf({ name, fields }: Call): { readonly from?: string | undefined; readonly to?: string | undefined } {
  switch (name) {
    case "rename":
    case "exchange":
    case "link":
      return { from: fields[0], to: fields[1] };
    case "symlink":
    case "create":
    case "truncate":
      return { to: fields[1] };
    case "mkdir":
    case "unlink":
    case "rmdir":
    case "chmod":
    case "utimes":
      return { to: fields[0] };
    default:
      return {};
  }
}

/** A call whose names never reached the disk has nothing to act upon. */
function apply({ name, fields: [first = "", second = "", third = ""] }: Call): void {
  const action = ACTIONS[name];
  if (!action) throw new Error(`a journal cannot hold '${name}'`);
  try {
    action(first, second, third);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EEXIST", "ENOTEMPTY", "ENOTDIR", "EISDIR")) throw error;
  }
}

const ACTIONS: Readonly<Record<string, (first: string, second: string, third: string) => void>> = {
  create(_file, path, mode) {
    fs.closeSync(fs.openSync(path, "wx"));
    fs.chmodSync(path, Number.parseInt(mode, 8) & 0o755);
  },
  truncate: (_file, path, size) => fs.truncateSync(path, Number(size)),
  rename: (from, to) => fs.renameSync(from, to),
  exchange(one, other) {
    fs.renameSync(one, `${one}-exchanged`);
    fs.renameSync(other, one);
    fs.renameSync(`${one}-exchanged`, other);
  },
  link: (from, to) => fs.linkSync(from, to),
  symlink: (text, path) => fs.symlinkSync(text, path),
  mkdir(path, mode) {
    fs.mkdirSync(path);
    fs.chmodSync(path, Number.parseInt(mode, 8) & 0o755);
  },
  unlink: (path) => fs.unlinkSync(path),
  rmdir: (path) => fs.rmdirSync(path),
  chmod: (path, mode) => fs.chmodSync(path, Number.parseInt(mode, 8)),
  utimes: (path, seconds) => fs.lutimesSync(path, Number(seconds), Number(seconds)),
};

type Amount = "all" | "none" | "part" | "zeros";

function anyOf({ random }: PowerLoss): Amount {
  return (["all", "none", "part", "zeros"] as const)[Math.floor(random() * 4)] as Amount;
}

function writeSome({ fields }: Call, amount: Amount, { random }: PowerLoss): void {
  const [, path = "", offset, hex = ""] = fields;
  const bytes = Buffer.from(hex, "hex");
  if (amount === "none" || !fs.existsSync(path)) return;
  if (amount === "zeros") bytes.fill(0);
  const size = amount === "part" ? Math.floor(random() * bytes.length) : bytes.length;
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, bytes, 0, size, Number(offset));
  fs.closeSync(fd);
}
