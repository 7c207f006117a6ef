import { type ErrorCode, errnoOf, StoreError } from "../errors.ts";

type Meaning = readonly [code: ErrorCode, message: string, hint: string];

const NO_SPACE: Meaning = [
  "NO_SPACE",
  "no space is left on the disk of",
  "Make room there (`df -h`, `df -i`), then try again.",
];

const OF_THE_STORE = "If it belongs to the store, `store verify --repair` puts it right.";

/** What the system's refusals mean; the messages go on with the path. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: NO_SPACE,
  EDQUOT: ["NO_SPACE", "your disk quota is used up at", "Make room there (`quota`), then try again."],
  EFBIG: [
    "FAILED",
    "larger than the system lets a file be:",
    "Raise the limit on the size of files (`ulimit -f unlimited`); some filesystems have one, too.",
  ],
  EACCES: ["FAILED", "permission denied:", `Look at the owner and mode of it and of its directories. ${OF_THE_STORE}`],
  EPERM: ["FAILED", "the system does not permit this on", "Look at its owner, mode and attributes (`lsattr`)."],
  EROFS: ["FAILED", "read-only filesystem:", "Mount it writable, or name another store with --root."],
  EMFILE: ["FAILED", "too many open files, at", "Raise the limit of this shell: `ulimit -n 4096`."],
  ENFILE: ["FAILED", "the system has too many open files, at", "Try again when other programs have ended."],
  ENOTDIR: ["FAILED", "a part of this path is not a directory:", `Name another path. ${OF_THE_STORE}`],
  EISDIR: ["FAILED", "this is a directory, not a file:", `Name a file. ${OF_THE_STORE}`],
  ENOENT: [
    "NOT_FOUND",
    "no such file or directory:",
    "If it belongs to the store, `store verify` tells what is missing.",
  ],
  EEXIST: ["FAILED", "there is something already at", "Look at what lies there, and move it away."],
  ENOTEMPTY: ["FAILED", "the directory is not empty:", "Look at what lies there, and move it away."],
  ELOOP: ["FAILED", "too many symbolic links lead to", `Look at the links with \`namei -l\`. ${OF_THE_STORE}`],
  ENAMETOOLONG: ["FAILED", "this name is too long for the filesystem:", "Use shorter names, or another filesystem."],
  EIO: ["FAILED", "the disk fails at", "Look at `dmesg`, and at the disk's health."],
  ENOMEM: ["FAILED", "memory is used up, at", "Try again when other programs have ended."],
  EBUSY: ["FAILED", "the system is using", "Try again when it is free."],
  ESTALE: ["FAILED", "the network filesystem has lost", "Mount it again, then try again."],
  ETIMEDOUT: ["FAILED", "the filesystem does not answer at", "Look at the mount, then try again."],
  EMLINK: ["FAILED", "the filesystem allows no more links to", "Use --import-method=copy, or another filesystem."],
  ENOTSUP: ["UNSUPPORTED", "the filesystem cannot do this at", "Use another filesystem with --root."],
  EOPNOTSUPP: ["UNSUPPORTED", "the filesystem cannot do this at", "Use another filesystem with --root."],
  EXDEV: ["FAILED", "another filesystem begins at", "The whole store must lie on one filesystem."],
};

const GO_ELSEWHERE = "Go to a directory that exists: `cd` alone leads home.";

/**
 * The sentence for a system error; `undefined` when `error` is none. `root` is where a write failed for want of room when
 * the error does not tell.
 */
export function explainSystemError(error: unknown, root?: string): StoreError | undefined {
  const found = readSystemError(error, root);
  if (!found) return notLoaded(error);
  const { errno, path, message } = found;
  const details = { errno, ...(path !== undefined && { path }) };
  if (errno === "ENOENT" && message.endsWith("uv_cwd"))
    return new StoreError("NOT_FOUND", "the working directory is gone", { hint: GO_ELSEWHERE, details, cause: error });
  const meaning = MEANINGS[errno];
  if (!meaning) return new StoreError("FAILED", message, { hint: "The system refused this.", details, cause: error });
  const [code, text, hint] = meaning;
  // What the system calls the error stands before the comma, and in the meaning already.
  const subject = path ?? `a file (${message.slice(message.lastIndexOf(" ") + 1)})`;
  return new StoreError(code, `${text} ${subject}`, { hint, details, cause: error });
}

/** Of a library of the program's own, the system says only in words why it cannot be loaded. */
function notLoaded(error: unknown): StoreError | undefined {
  if (!(error instanceof Error) || errnoOf(error) !== "ERR_DLOPEN_FAILED") return undefined;
  const hint = error.message.includes("Too many open files")
    ? MEANINGS.EMFILE?.[2]
    : "Install store again, on this system, where libraries can be executed (no mount with `noexec`).";
  return new StoreError("FAILED", `a part of store cannot be loaded: ${error.message}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

/** Whether a program's own words say that a disk or a quota is used up. */
export function saysNoSpace(text: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(text);
}

/** The error for what a program of the host could not write below `path`. */
export function noSpaceAt(path: string, cause?: unknown): StoreError {
  const [code, text, hint] = NO_SPACE;
  return new StoreError(code, `${text} ${path}`, { hint, details: { path }, cause });
}

interface SystemError {
  readonly errno: string;
  readonly path: string | undefined;
  readonly message: string;
}

function readSystemError(error: unknown, root: string | undefined): SystemError | undefined {
  const errno = errnoOf(error);
  if (!(error instanceof Error) || errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return undefined;
  const path = pathOf(error, errno) ?? (isAboutRoom(errno) ? root : undefined);
  return { errno, path, message: error.message };
}

function isAboutRoom(errno: string): boolean {
  return errno === "ENOSPC" || errno === "EDQUOT" || errno === "EFBIG";
}

/**
 * Of two paths, the one that the error is about: where something was to be written. What cannot be read, or not be linked
 * once more, is the other one.
 */
function pathOf(error: Error, errno: string): string | undefined {
  const { path, dest, syscall } = pathsOf(error);
  if (dest === undefined) return path;
  const isAboutSource =
    syscall !== "symlink" && (ABOUT_SOURCE.has(errno) || (syscall === "copyfile" && errno === "EACCES"));
  return isAboutSource ? path : dest;
}

const ABOUT_SOURCE: ReadonlySet<string> = new Set(["ENOENT", "EMLINK", "EISDIR", "ELOOP", "EBUSY", "ESTALE", "EIO"]);

/** An error that came from a worker thread has its paths only in its message: `EACCES: …, rename '/a/b' -> '/a/c'`. */
function pathsOf(error: Error): { path: string | undefined; dest: string | undefined; syscall: string | undefined } {
  const told = error as { path?: unknown; dest?: unknown };
  const [, syscall, first, second] = /, (\w+) '(.+?)'(?: -> '(.+?)')?$/s.exec(error.message) ?? [];
  return { path: toText(told.path) ?? first, dest: toText(told.dest) ?? second, syscall };
}

function toText(path: unknown): string | undefined {
  if (Buffer.isBuffer(path)) return path.toString();
  return typeof path === "string" ? path : undefined;
}
