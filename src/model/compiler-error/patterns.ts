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

/** How surely a line tells the cause: 1 a tool's own report, 2 a shell or script, 3 a mere consequence. */
export type Weight = 1 | 2 | 3;

export interface ErrorPattern {
  readonly kind: BuildErrorKind;
  readonly weight: Weight;
  /** The group `subject`, when there is one, is what is missing or wrong. */
  readonly form: RegExp;
}

/** Every pattern needs one of these words: most lines of a log are done with after this one look. */
export const WORTH_A_LOOK =
  /error|fail|undefined|multiple definition|can't|cannot|can not|recognized|could not|unable to find|not found|no such|no rule|no package|no targets|no space|exhausted|\*\*\*|fault|abort|denied|read-only|traceback|referenced from|out of memory|illegal|\.go:/i;

/** Files that configure scripts make and remove while they try what the system can do. */
export const TRIAL = /conftest\b|\b(?:CheckSymbolExists|CMakeScratch|testfile|sanitycheck\w*)\b/;

/** `file:12:3: ` or `file(12): ` before a message of a compiler. */
const PLACE = String.raw`^[^\s:'"][^:'"]*(?::\d+(?::\d+)?|\(\d+(?:,\d+)?\)) ?: `;
const DRIVER = String.raw`^(?:\S*[-/])?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|cc1|cc1plus|lto1)(?:-[\d.]+)?: `;
const LINKER = String.raw`(?:^|[-/ ])(?:ld|ld\.\w+|ld64|lld|mold)(?:: (?:error: |fatal: )?|\.\w+: )`;
const MAKE = String.raw`^\S*make(?:\[\d+\])?: `;
const LOCATED = String.raw`^(?:\S+:\d+:\d+: )?`;

/** The first that fits a line decides. */
export const ERROR_PATTERNS: readonly ErrorPattern[] = [
  pattern("resources", 1, "(?<subject>No space left on device|virtual memory exhausted|Cannot allocate memory)"),
  pattern("resources", 1, "error: Killed signal terminated program (?<subject>\\S+)"),
  pattern("resources", 1, "(?<subject>out of memory) allocating"),

  pattern("missing-header", 1, `${PLACE}fatal error: (?<subject>[^:']+): No such file or directory`),
  pattern("missing-header", 1, `${PLACE}fatal error: '(?<subject>[^']+)' file not found`),
  pattern("missing-module", 1, "Fatal Error: Cannot open module file ['‘](?<subject>[^'’]+)\\.mod['’]"),
  pattern("missing-file", 1, `${DRIVER}(?:fatal )?error: (?<subject>\\S+): No such file or directory`),
  pattern("missing-file", 1, "^! LaTeX Error: File [`'](?<subject>[^']+)' not found"),
  pattern("patch", 1, "^error: patch failed: (?<subject>.+):\\d+$"),
  pattern("patch", 1, "^Hunk #\\d+ FAILED at "),
  pattern("patch", 1, "^can't find file to patch at input line"),
  pattern("compiler", 1, `${PLACE}(?:fatal |internal compiler )?error(?: [A-Z]+\\d+)?: `),
  pattern("compiler", 1, `${PLACE}Error: `),
  pattern("compiler", 1, `${DRIVER}(?:fatal |internal compiler )?error: (?!linker command failed)`),
  pattern(
    "compiler",
    1,
    "^error(?:\\[E\\d+\\])?: (?!could not compile|aborting due|command |subprocess-|linking with)",
  ),
  pattern("compiler", 1, "^\\S+\\.go:\\d+:\\d+: "),

  pattern("missing-library", 1, `${LINKER}cannot find -l(?<subject>[^\\s:]+)`),
  pattern("missing-library", 1, `${LINKER}unable to find library -l(?<subject>\\S+)`),
  pattern("missing-library", 1, `${LINKER}library (?:not found for -l|')(?<subject>[^'\\s]+)`),
  pattern("missing-library", 1, "error while loading shared libraries: (?<subject>[^:]+): cannot open"),
  pattern("missing-file", 1, `${LINKER}cannot find (?<subject>[^\\s:]+)`),
  pattern("linker", 1, "undefined reference to [`'‘\"](?<subject>[^'’\"]+)['’\"]"),
  pattern("linker", 1, "undefined symbol: (?<subject>\\S+)"),
  pattern("linker", 1, '^  "_?(?<subject>[^"]+)", referenced from:'),
  pattern("linker", 1, "multiple definition of [`'‘](?<subject>[^'’]+)['’]"),
  pattern("linker", 1, `${LINKER}.*(?:can not be used when making|file not recognized|unrecognized option)`),

  pattern("missing-package", 1, 'package configuration file provided by "(?<subject>[^"]+)" with'),
  pattern("missing-package", 1, "Could NOT find (?<subject>[\\w+.-]+) \\(missing"),
  pattern("cmake", 1, "^CMake Error(?: at |: |:|$)"),
  pattern("missing-package", 1, `${LOCATED}ERROR: Dependency ["'](?<subject>[^"']+)["'] not found`),
  pattern(
    "missing-library",
    1,
    `${LOCATED}ERROR: \\S+ (?:shared or static )?library ['"](?<subject>[^'"]+)['"] not found`,
  ),
  pattern("missing-command", 1, `${LOCATED}ERROR: Program ['"](?<subject>[^'"]+)['"] not found`),
  pattern("missing-command", 1, `${LOCATED}ERROR: Unknown compiler\\(s\\): \\[+'(?<subject>[^']+)'`),
  pattern("meson", 1, "^\\S+:\\d+:\\d+: ERROR: "),
  pattern("missing-package", 1, "configure: error: Package requirements \\((?<subject>[^)]+)\\) were not met"),
  pattern("configure", 1, "^(?:\\S*/)?config(?:ure|\\.status): error: (?!in [`'‘])"),
  pattern("configure", 1, "^configure(?:\\.ac|\\.in)?:\\d+: error: "),
  pattern("missing-package", 1, "^No package '(?<subject>[^']+)' found"),
  pattern("missing-package", 1, "^Package (?<subject>\\S+) was not found in the pkg-config search path"),
  pattern("no-rule", 1, "\\*\\*\\* No rule to make target [`'](?<subject>[^']+)'"),
  pattern("no-rule", 1, `${MAKE}\\*\\*\\* No targets`),
  pattern("missing-file", 1, `${MAKE}\\*\\*\\* (?<subject>[^:]+): No such file or directory`),
  pattern("other", 1, "^\\S+:\\d+: \\*\\*\\* (?!\\[)"),

  pattern("missing-module", 2, "^(?:ModuleNotFoundError|ImportError): No module named '?(?<subject>[\\w.]+)'?"),
  pattern("missing-module", 2, "^Can't locate (?<subject>\\S+)\\.pm in @INC"),
  pattern("missing-command", 2, `^(?:\\S+: )*(?:line \\d+: )?(?<subject>[^\\s:]+): (?:command )?not found$`),
  pattern("missing-command", 2, `${MAKE}(?<subject>[^\\s:]+): No such file or directory$`),
  pattern("missing-command", 2, "^(?:/usr/bin/)?env: [‘'](?<subject>[^’']+)[’']: No such file or directory"),
  pattern(
    "missing-file",
    2,
    "(?:cannot (?:stat|open|access)|can't open) (?:file )?[‘'\"](?<subject>[^’'\"]+)[’'\"].*No such file or directory",
  ),
  pattern("python", 2, "^(?:\\w+\\.)*(?<subject>[A-Z]\\w*(?:Error|Exception)): "),
  pattern("other", 2, "^(?:\\S+: )+(?:fatal )?error: "),
  pattern("other", 2, "^(?:[Ff]atal|FATAL|ERROR|[Ee]rror)(?: \\([^)]*\\))?: "),
  pattern("missing-file", 2, "^(?:\\S+: )*(?:line \\d+: )?(?<subject>[^\\s:]+): No such file or directory$"),
  pattern("other", 2, ": (?:Permission denied|Read-only file system)$"),
  pattern("other", 2, "(?:Segmentation fault|Aborted|Illegal instruction|Bus error)(?: +\\(core dumped\\))?(?: .*)?$"),

  pattern("make", 3, `${MAKE}\\*\\*\\* \\[(?<subject>[^\\]]+)\\] (?:Error \\d+|[A-Z][a-z]+)`),
  pattern("make", 3, "^FAILED: (?<subject>.+)$"),
  pattern("make", 3, "^ninja: (?:build stopped|error)"),
];

function pattern(kind: BuildErrorKind, weight: Weight, form: string): ErrorPattern {
  return { kind, weight, form: new RegExp(form) };
}
