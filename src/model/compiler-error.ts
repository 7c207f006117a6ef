import { type BuildErrorKind, ERROR_PATTERNS, TRIAL, type Weight, WORTH_A_LOOK } from "./compiler-error/patterns.ts";

/** A line of a log that says why a build failed. */
export interface BuildError {
  /** Counted from 1, or from `firstLine`. */
  readonly line: number;
  /** The line without colours and control characters, 500 characters at most. */
  readonly text: string;
  readonly kind: BuildErrorKind;
  /** What is missing or wrong: a header, library, symbol, command, target, file. */
  readonly subject?: string;
}

export interface FindOptions {
  /** The number of the first line of `log`, when it is only the end of a longer one. */
  readonly firstLine?: number;
  /** How many errors at most; 3 unless given. */
  readonly most?: number;
}

/**
 * The first errors in a build's log, the most telling sort only: what a compiler, linker or configure script reported
 * comes before what a shell or script said, and that before `make: *** Error 1`, which only tells that something above
 * failed. What configure tries on purpose (`conftest.c`) does not count; what make was told to ignore only when nothing
 * else is to blame. Empty when no line looks like an error.
 */
export function findBuildErrors(log: string, options: FindOptions = {}): readonly BuildError[] {
  const lines = log.split("\n");
  const candidates = forgive(lines, findCandidates(lines));
  const best = candidates.reduce((least, { weight }) => Math.min(least, weight), 3);
  return distinct(candidates.filter(({ weight }) => weight === best))
    .slice(0, options.most ?? 3)
    .map(({ line, text, kind, subject }) => ({
      line: line + (options.firstLine ?? 1),
      text: text.trim(),
      kind,
      ...(subject !== undefined && { subject }),
    }));
}

interface Candidate {
  /** Index of the line in the log. */
  readonly line: number;
  readonly text: string;
  readonly kind: BuildErrorKind;
  readonly weight: Weight;
  readonly subject: string | undefined;
}

/** The same message in many files, or found twice, is one. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ text }) => !seen.has(text) && seen.add(text));
}

function findCandidates(lines: readonly string[]): readonly Candidate[] {
  const found: Candidate[] = [];
  for (let line = 0; line < lines.length; line++) {
    if (!WORTH_A_LOOK.test(lines[line]!)) continue;
    const text = plain(lines[line]!);
    const end = text.trimStart().startsWith("Traceback (most recent call last):") ? endOfTraceback(lines, line) : line;
    const candidate = end === line ? match(lines, line, text) : exceptionAt(lines, end);
    if (candidate && !TRIAL.test(candidate.text)) found.push(candidate);
    line = end;
  }
  return found;
}

function match(lines: readonly string[], line: number, text: string): Candidate | undefined {
  for (const { kind, weight, form } of ERROR_PATTERNS) {
    const found = form.exec(text);
    if (found === null) continue;
    const candidate = { line, text, kind, weight, subject: found.groups?.subject };
    return kind === "cmake" ? explainCMake(lines, candidate) : candidate;
  }
  return undefined;
}

/** CMake says where on one line, and what in the indented ones under it. */
function explainCMake(lines: readonly string[], announced: Candidate): Candidate {
  const message = indentedAfter(lines, announced.line);
  for (const { line, text } of message) {
    const better = match(lines, line, text);
    if (better?.weight === 1) return better;
  }
  const first = message[0];
  return first === undefined ? announced : { ...announced, text: `${announced.text} ${first.text.trim()}` };
}

function indentedAfter(lines: readonly string[], line: number): readonly { line: number; text: string }[] {
  const LONGEST = 12;
  const message: { line: number; text: string }[] = [];
  for (let at = line + 1; at < Math.min(lines.length, line + LONGEST); at++) {
    const text = plain(lines[at]!);
    if (text.trim() === "") continue;
    if (!text.startsWith("  ")) break;
    message.push({ line: at, text });
  }
  return message;
}

/** The line of the exception: the first one after the frames that is indented no deeper than the traceback itself. */
function endOfTraceback(lines: readonly string[], start: number): number {
  const LONGEST = 400;
  const depth = indentOf(plain(lines[start]!));
  for (let at = start + 1; at < Math.min(lines.length, start + LONGEST); at++) {
    const text = plain(lines[at]!);
    if (text.trim() !== "" && indentOf(text) <= depth) return at;
  }
  return start;
}

function exceptionAt(lines: readonly string[], line: number): Candidate | undefined {
  const text = plain(lines[line]!).trim();
  const name = /^(?:\w+\.)*(\w+)(?::|$)/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const better = match(lines, line, text);
  return better?.kind === "missing-module" ? better : { line, text, kind: "python", weight: 2, subject: name };
}

/**
 * Sets aside what came shortly before make's word that it ignores a failure, as long as something other than a
 * consequence is left to blame.
 */
function forgive(lines: readonly string[], candidates: readonly Candidate[]): readonly Candidate[] {
  const NEAR = 60;
  const verdicts = lines.flatMap((raw, line) => {
    const said = raw.includes("make") ? /^\S*make(?:\[\d+\])?: .*\bError \d+( \(ignored\))?$/.exec(plain(raw)) : null;
    return said ? [{ line, ignored: said[1] !== undefined }] : [];
  });
  if (!verdicts.some(({ ignored }) => ignored)) return candidates;
  const sure = candidates.filter(({ line }) => {
    const verdict = verdicts.find((one) => one.line >= line);
    return !(verdict?.ignored && verdict.line - line < NEAR);
  });
  return sure.some(({ weight }) => weight < 3) ? sure : candidates;
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** Without ANSI escape sequences (ECMA-48) and control characters; what a carriage return overwrote is gone. */
function plain(raw: string): string {
  const MOST_READ = 4000;
  const MOST_SHOWN = 500;
  const line = raw.slice(0, MOST_READ).replace(/\r+$/, "");
  return (
    line
      .slice(line.lastIndexOf("\r") + 1)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
      .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]/g, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
      .replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, "")
      .slice(0, MOST_SHOWN)
  );
}
