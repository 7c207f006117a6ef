/** What kind of thing went wrong in a build, as far as its log tells. */
export type BuildErrorKind =
  | "compiler"
  | "missing-header"
  | "linker"
  | "missing-library"
  | "missing-command"
  | "missing-package"
  | "missing-module"
  | "missing-file"
  | "no-rule"
  | "configure"
  | "cmake"
  | "meson"
  | "python"
  | "patch"
  | "resources"
  | "make"
  | "other";

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
 * The first errors in a build's log, the most telling kind only: what a compiler, linker or configure script reported
 * comes before what a shell said, and that before `make: *** Error 1`, which only tells that something above failed.
 * What configure tries on purpose (`conftest.c`), and what make was told to ignore, does not count unless there is
 * nothing else. Empty when no line looks like an error.
 */
export function findBuildErrors(log: string, options: FindOptions = {}): readonly BuildError[] {
  const lines = log.split("\n");
  const candidates = forgive(lines, findCandidates(lines));
  const best = Math.min(...candidates.map((candidate) => candidate.weight));
  return candidates
    .filter((candidate) => candidate.weight === best)
    .filter((candidate, index, all) => all.findIndex((other) => other.text === candidate.text) === index)
    .slice(0, options.most ?? 3)
    .map(({ line, text, kind, subject }) => ({
      line: line + (options.firstLine ?? 1),
      text,
      kind,
      ...(subject !== undefined && { subject }),
    }));
}

/** How surely a line tells the cause: 1 a tool's own report, 2 a shell or script, 3 a consequence. */
type Weight = 1 | 2 | 3;

interface Candidate {
  /** Index of the line in the log. */
  readonly line: number;
  readonly text: string;
  readonly kind: BuildErrorKind;
  readonly weight: Weight;
  readonly subject: string | undefined;
}

interface Pattern {
  readonly kind: BuildErrorKind;
  readonly weight: Weight;
  /** The group `subject`, when there is one, is the subject. */
  readonly form: RegExp;
  /** The form stands on a line that only announces the message, which follows. */
  readonly messageFollows?: boolean;
}

/** `file:12:3: ` or `file(12): ` before a message of a compiler. */
const PLACE = String.raw`^(?:In file included from )?[^\s:'"][^:'"]*(?::\d+(?::\d+)?|\(\d+(?:,\d+)?\)) ?: `;
const LINKER = String.raw`(?:^|[/ ])(?:ld|ld\.\w+|ld64|collect2|lld|mold)(?:: (?:error: )?|\.\w+: )`;

/** The first that fits a line decides. */
const PATTERNS: readonly Pattern[] = [
  pattern("missing-header", 1, `${PLACE}fatal error: (?<subject>[^:]+): No such file or directory`),
  pattern("missing-header", 1, `${PLACE}fatal error: '(?<subject>[^']+)' file not found`),
  pattern("missing-module", 1, `${PLACE}(?:Fatal E|fatal e)rror: Cannot open module file '(?<subject>[^']+)\\.mod'`),
  pattern("resources", 1, "(?<subject>No space left on device)"),
  pattern("resources", 1, "(?:^|: )(?:fatal )?error: Killed signal terminated program (?<subject>\\S+)"),
  pattern("resources", 1, "(?<subject>virtual memory exhausted|out of memory allocating|Cannot allocate memory)"),
  pattern("compiler", 1, `${PLACE}(?:fatal |internal compiler )?error(?: [A-Z]+\\d+)?: `),
  pattern("compiler", 1, `${PLACE}Error: `),
  pattern("compiler", 1, "^error(?:\\[E\\d+\\])?: (?!could not compile|aborting due|linking with)"),
  pattern("linker", 1, "undefined reference to [`'‘\"](?<subject>[^`'’\"]+)['’\"]"),
  pattern("linker", 1, "undefined symbol: (?<subject>\\S+)"),
  pattern("linker", 1, '^  "_?(?<subject>[^"]+)", referenced from:'),
  pattern("linker", 1, "multiple definition of [`'](?<subject>[^`']+)'"),
  pattern("missing-library", 1, `${LINKER}cannot find -l ?:?(?<subject>[^\\s:]+)`),
  pattern("missing-library", 1, "^ld: library (?:not found for -l|'?)(?<subject>[^'\\s]+)'?(?: not found)?$"),
  pattern("missing-library", 1, "error while loading shared libraries: (?<subject>[^:]+): cannot open"),
  pattern("missing-file", 1, `${LINKER}cannot find (?<subject>[^\\s:]+)`),
  pattern(
    "linker",
    1,
    `${LINKER}.*(?:relocation .* can not be used|final link failed|file not recognized|unrecognized option)`,
  ),
  pattern("cmake", 1, 'Could not find a package configuration file provided by "(?<subject>[^"]+)"'),
  pattern("missing-package", 1, "Could (?:NOT|not) find (?<subject>[\\w+.-]+) \\(missing"),
  pattern("cmake", 1, "^CMake Error(?: at [^:]+:\\d+ \\([^)]*\\))?:\\s*$", true),
  pattern("cmake", 1, "^CMake Error(?: at |: |:)"),
  pattern("missing-package", 1, 'ERROR: Dependency "(?<subject>[^"]+)" not found'),
  pattern(
    "missing-library",
    1,
    "^(?:\\S+:\\d+:\\d+: )?ERROR: (?:C|C\\+\\+) (?:shared or static )?library '(?<subject>[^']+)' not found",
  ),
  pattern(
    "missing-command",
    1,
    "^(?:\\S+:\\d+:\\d+: )?ERROR: (?:Program|Unknown compiler\\(s\\):) ?\\[?'(?<subject>[^']+)'",
  ),
  pattern("meson", 1, "^\\S*meson\\.build:\\d+:\\d+: ERROR: "),
  pattern("missing-package", 1, "configure: error: Package requirements \\((?<subject>[^)]+)\\) were not met"),
  pattern("configure", 1, "^(?:\\S*/)?configure: error: "),
  pattern("configure", 1, "^configure(?:\\.ac|\\.in)?:\\d+: error: "),
  pattern("missing-package", 1, "^No package '(?<subject>[^']+)' found"),
  pattern("missing-package", 1, "^Package (?<subject>\\S+) was not found in the pkg-config search path"),
  pattern("no-rule", 1, "\\*\\*\\* No rule to make target [`'](?<subject>[^']+)'"),
  pattern("missing-file", 1, "^make(?:\\[\\d+\\])?: \\*\\*\\* (?<subject>[^:]+): No such file or directory"),
  pattern("other", 1, "^\\S+:\\d+: \\*\\*\\* (?!\\[)"),
  pattern("patch", 1, "^Hunk #\\d+ FAILED at "),
  pattern("patch", 1, "^can't find file to patch at input line"),
  pattern("patch", 1, "^error: patch failed: (?<subject>.+):\\d+$"),
  pattern(
    "missing-module",
    2,
    "^(?:\\w+\\.)*(?:ModuleNotFoundError|ImportError): No module named '?(?<subject>[\\w.]+)'?",
  ),
  pattern("missing-module", 2, "^Can't locate (?<subject>\\S+)\\.pm in @INC"),
  pattern("missing-command", 2, "^(?:\\S+: )*(?:line \\d+: |\\d+: )?(?<subject>[^\\s:]+): (?:command )?not found$"),
  pattern("missing-command", 2, "^make(?:\\[\\d+\\])?: (?<subject>[^\\s:]+): No such file or directory$"),
  pattern("missing-command", 2, "^(?:/usr/bin/)?env: [‘'](?<subject>[^’']+)[’']: No such file or directory"),
  pattern(
    "missing-file",
    2,
    "(?:cannot (?:stat|open|access)|can't open) (?:file )?[‘'\"](?<subject>[^’'\"]+)[’'\"].*No such file or directory",
  ),
  pattern("other", 2, "^(?:\\S+: )+(?:fatal )?error: "),
  pattern("other", 2, "^(?:fatal|FATAL|ERROR|Error|error)(?: \\([^)]*\\))?: "),
  pattern("missing-file", 2, "^(?:\\S+: )*(?:line \\d+: )?(?<subject>[^\\s:]+): No such file or directory$"),
  pattern("other", 2, ": (?:Permission denied|Read-only file system)$"),
  pattern("other", 2, "(?:Segmentation fault|Aborted|Illegal instruction|Bus error)(?: +\\(core dumped\\))?(?: .*)?$"),
  pattern("make", 3, "^\\S*make(?:\\[\\d+\\])?: \\*\\*\\* \\[(?<subject>[^\\]]+)\\] (?:Error \\d+|[A-Z][a-z]+)"),
  pattern("make", 3, "^FAILED: (?<subject>.+)$"),
  pattern("make", 3, "^ninja: (?:build stopped|error)"),
];

function pattern(kind: BuildErrorKind, weight: Weight, form: string, messageFollows = false): Pattern {
  return { kind, weight, form: new RegExp(form), messageFollows };
}

/** Every pattern needs one of these words: most lines of a log are done with here. */
const WORTH_A_LOOK =
  /error|fail|undefined|multiple definition|cannot|can't|could not|not found|no such|no rule|no package|no space|exhausted|\*\*\*|fault|abort|denied|read-only|traceback|referenced from|out of memory|illegal|exception/i;

/** Files that configure scripts make and remove while they try what the system can do. */
const TRIAL = /\b(?:conftest|CheckSymbolExists|CMakeScratch|testfile)\b|\bsanitycheck|-lconftest/;

function findCandidates(lines: readonly string[]): readonly Candidate[] {
  const found: Candidate[] = [];
  for (let line = 0; line < lines.length; line++) {
    const raw = lines[line]!;
    if (!WORTH_A_LOOK.test(raw)) continue;
    const text = plain(raw);
    if (/^Traceback \(most recent call last\):/.test(text.trimStart())) {
      const last = endOfTraceback(lines, line);
      const exception = last === undefined ? undefined : exceptionAt(lines, last);
      if (exception) found.push(exception);
      if (last !== undefined) line = last;
      continue;
    }
    const candidate = match(lines, line, text);
    if (candidate && !TRIAL.test(text)) found.push(candidate);
  }
  return found;
}

function match(lines: readonly string[], line: number, text: string): Candidate | undefined {
  for (const { kind, weight, form, messageFollows } of PATTERNS) {
    const groups = form.exec(text);
    if (groups === null) continue;
    const subject = groups.groups?.["subject"];
    if (!messageFollows) return { line, text, kind, weight, subject };
    const message = nextText(lines, line);
    const better = message === undefined ? undefined : match(lines, message.line, message.text);
    if (better?.weight === 1 && better.kind !== "cmake") return better;
    return { line, text: message ? `${text} ${message.text.trim()}` : text, kind, weight, subject: better?.subject };
  }
  return undefined;
}

function nextText(
  lines: readonly string[],
  line: number,
): { readonly line: number; readonly text: string } | undefined {
  for (let at = line + 1; at < Math.min(lines.length, line + 4); at++) {
    const text = plain(lines[at]!);
    if (text.trim() !== "") return { line: at, text };
  }
  return undefined;
}

/** The line of the exception: the first one after the frames that is indented no deeper than the traceback itself. */
function endOfTraceback(lines: readonly string[], start: number): number | undefined {
  const depth = indentOf(lines[start]!);
  for (let at = start + 1; at < Math.min(lines.length, start + 400); at++) {
    const text = plain(lines[at]!);
    if (text.trim() !== "" && indentOf(text) <= depth) return at;
  }
  return undefined;
}

function exceptionAt(lines: readonly string[], line: number): Candidate | undefined {
  const text = plain(lines[line]!).trim();
  const name = /^(?:\w+\.)*(\w+)(?::|$)/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const better = match(lines, line, text);
  if (better?.kind === "missing-module") return better;
  return { line, text, kind: "python", weight: 2, subject: name };
}

/**
 * Sets aside what came before make's word that it ignores a failure, back to what make said before, as long as something
 * else is left to blame.
 */
function forgive(lines: readonly string[], candidates: readonly Candidate[]): readonly Candidate[] {
  const ignored = (line: number): boolean => {
    for (let at = line; at < Math.min(lines.length, line + 60); at++) {
      const said = /^\S*make(?:\[\d+\])?: .*\bError \d+( \(ignored\))?$/.exec(plain(lines[at]!));
      if (said) return said[1] !== undefined;
    }
    return false;
  };
  const sure = candidates.filter((candidate) => !ignored(candidate.line));
  return sure.length > 0 ? sure : candidates;
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** Without ANSI escape sequences (ECMA-48) and control characters; what a carriage return overwrote is gone. */
function plain(text: string): string {
  const visible = text.slice(0, 4000).replace(/\r+$/, "");
  return (
    visible
      .slice(visible.lastIndexOf("\r") + 1)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
      .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]/g, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
      .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "")
      .slice(0, 500)
  );
}
