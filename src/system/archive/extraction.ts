import { isErrno, StoreError } from "../../errors.ts";
import { type ByteString, toEscaped } from "../../model/byte-string.ts";
import { explainSystemError } from "../../model/explain-system-error.ts";

export interface ArchiveLimits {
  /** The most bytes that the archive may expand to: for tar the whole stream and the holes of sparse files, for zip the sum of all entries. */
  readonly maxBytes: number;
  /** The most expanded bytes for one byte of the archive; counts only beyond the first 16 MiB expanded. */
  readonly maxRatio: number;
  /** The most files, directories and links, those included that an entry only implies as its parents. */
  readonly maxEntries: number;
}

/**
 * The most bytes that a gzip file can have for one of its own: two bits stand for 258 at most. As a limit it lets pass
 * whatever this program packed itself, and still refuses sparse files and better compression, of which bombs are made.
 */
export const GZIP_RATIO = 1032;

/** One run of the archive reader: what the errors name and the limits count. */
export interface Extraction {
  /** The archive's path, for messages. */
  readonly archive: string;
  /** The archive's size in bytes. */
  readonly packedBytes: number;
  readonly limits: ArchiveLimits;
  /** The name, as it stands in the archive, of the entry that is being read. */
  entry: ByteString | undefined;
  entries: number;
  expandedBytes: number;
  /** Content bytes of regular files, holes included. */
  writtenBytes: number;
}

/** What an error is told of. */
type Subject = Pick<Extraction, "archive" | "entry">;

const FETCH_AGAIN = "Fetch the archive again. If that does not help, it was made so: ask those who made it.";
const LONGEST_SHOWN = 1000;
const RATIO_COUNTS_FROM = 16 * 1024 * 1024;

export function newExtraction(archive: string, packedBytes: number, limits: ArchiveLimits): Extraction {
  return { archive, packedBytes, limits, entry: undefined, entries: 0, expandedBytes: 0, writtenBytes: 0 };
}

export interface ArchiveErrorOptions {
  /** The next step, when there is a better one than to fetch the archive again. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error ARCHIVE that names the archive and, when there is one, the entry: `what` goes on with the sentence. */
export function archiveError(run: Subject, what: string, options: ArchiveErrorOptions = {}): StoreError {
  return new StoreError("ARCHIVE", `${subject(run)} ${what}`, { hint: FETCH_AGAIN, details: facts(run), ...options });
}

/** What an error of the filesystem means while this entry is written; any other error stays as it is. */
export function explainedError(run: Subject, error: unknown): unknown {
  if (isErrno(error, "ENOSPC", "EDQUOT")) return writeError(run, error as Error);
  if (isErrno(error, "ENAMETOOLONG"))
    return archiveError(run, "has a name too long for this filesystem", { cause: error });
  if (isErrno(error, "EILSEQ", "EINVAL")) {
    return archiveError(run, "has a name that this filesystem refuses", { cause: error });
  }
  return error instanceof Error && "errno" in error ? writeError(run, error) : error;
}

/** An error of the filesystem while this entry was written. */
function writeError(run: Subject, cause: Error): StoreError {
  const known = explainSystemError(cause, "the store");
  const options = { ...(known?.hint !== undefined && { hint: known.hint }), details: facts(run), cause };
  const code = known?.code === "NO_SPACE" ? "NO_SPACE" : "FAILED";
  const message = known?.message ?? cause.message;
  return new StoreError(code, `${subject(run)} cannot be written: ${message}`, options);
}

/** @throws StoreError LIMIT */
export function countEntry(run: Extraction): void {
  run.entries += 1;
  if (run.entries > run.limits.maxEntries) throw limitError(run, "maxEntries", "has more entries");
}

/** @throws StoreError LIMIT */
export function countExpanded(run: Extraction, bytes: number): void {
  run.expandedBytes += bytes;
  checkExpanded(run, 0);
  if (run.expandedBytes > RATIO_COUNTS_FROM && run.expandedBytes > run.limits.maxRatio * run.packedBytes) {
    throw limitError(run, "maxRatio", "expands to a greater multiple of its size");
  }
}

/**
 * Refuses `more` bytes before any of them is read or written.
 *
 * @throws StoreError LIMIT
 */
export function checkExpanded(run: Extraction, more: number): void {
  if (run.expandedBytes + more > run.limits.maxBytes) throw limitError(run, "maxBytes", "expands to more bytes");
}

function limitError(run: Extraction, limit: keyof ArchiveLimits, what: string): StoreError {
  return new StoreError("LIMIT", `${subject(run)} goes too far: the archive ${what} than ${run.limits[limit]}`, {
    hint: "This may be a decompression bomb.",
    details: { ...facts(run), limit, allowed: run.limits[limit] },
  });
}

function subject(run: Subject): string {
  return run.entry === undefined ? run.archive : `${run.archive}: entry '${display(run.entry)}'`;
}

function facts(run: Subject): Record<string, unknown> {
  return { archive: run.archive, ...(run.entry !== undefined && { entry: display(run.entry) }) };
}

/** A hostile name can be as long as its header allows. */
function display(name: ByteString): string {
  return name.length <= LONGEST_SHOWN ? toEscaped(name) : `${toEscaped(name.slice(0, LONGEST_SHOWN) as ByteString)}…`;
}
