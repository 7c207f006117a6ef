import { PHASES, type Phase } from "../model/recipe.ts";

/** Name of the file with a phase's text, and of the driver that runs them one after the other. */
export const DRIVER = "run-phases";

export function phaseFile(phase: Phase): string {
  return `${phase}.sh`;
}

/**
 * The shell text that runs the phases one after the other, each in a shell of its own. `directory` is where the files of
 * the phases lie in the build.
 */
export function driverScript(phases: PhaseTexts, directory: string): string {
  const files = phaseFiles(phases).map((file) => `bash -eu '${directory}/${file}'`);
  // The driver becomes the last one.
  return ["set -eu", ...files.slice(0, -1), ...files.slice(-1).map((last) => `exec ${last}`), ""].join("\n");
}

/**
 * What runs the phases: the driver; a single phase does without one, since to start a shell takes as long as many a
 * phase. `bash` is that of the driver, and `directory` where its file lies in the build.
 */
export function phaseCommand(phases: PhaseTexts, directory: string, bash: string): readonly string[] {
  const [only = DRIVER, ...others] = phaseFiles(phases);
  return others.length === 0 && only !== DRIVER
    ? ["bash", "--norc", "-eu", `${directory}/${only}`]
    : [bash, "--norc", `${directory}/${DRIVER}`];
}

type PhaseTexts = Readonly<Partial<Record<Phase, string>>>;

function phaseFiles(phases: PhaseTexts): string[] {
  return PHASES.filter((phase) => phases[phase] !== undefined).map(phaseFile);
}

/**
 * A phase as it is run: it says that it begins, by a line of `mark`, a space, the phase, and the shell says which command
 * it is that fails. All on the first line, so that the numbers of lines in the shell's own messages are those of the
 * recipe. Nothing is said in subshells, since what a command substitution writes is its value, nor after `set +e`: there
 * the phase goes on, and its output may be redirected to a file. Of all that `set -x` shows nothing.
 */
export function phaseScript(phase: Phase, text: string, mark: string): string {
  const tell = `printf "%s\\n" "${mark}! \${BASH_COMMAND%%$'\\''\\n'\\''*}"`;
  const trap = `{ ((BASH_SUBSHELL)) || [[ $- != *e* ]] || ${tell}; } 2>/dev/null`;
  return `echo '${mark} ${phase}'; set -E; trap '${trap}' ERR; ${text}`;
}

/**
 * The phase that bash could not read, and why, when the last lines of a log say so: it says that it begins only when its first
 * command was read.
 */
export function unreadPhase(lines: readonly string[]): { readonly phase: Phase; readonly why: string } | undefined {
  for (const line of lines.slice(-LINES_OF_SYNTAX_ERROR)) {
    const [, name, why] = /\/(\w+)\.sh: (line \d+: (?:syntax error|unexpected EOF).*)/.exec(line) ?? [];
    const phase = PHASES.find((each) => each === name);
    if (phase !== undefined && why !== undefined) return { phase, why };
  }
  return undefined;
}

/** bash shows the line that it could not read, too. */
const LINES_OF_SYNTAX_ERROR = 3;

/** Splits a build's output into lines, takes the marks out, and tells of them. A mark ends a line that had no end of its own. */
export function createMarkReader(
  mark: string,
  tell: { phase(phase: Phase): void; failing(command: string): void; line(line: string): void },
) {
  let rest = "";
  const take = (line: string): void => {
    const at = line.indexOf(mark);
    const said = at < 0 ? "" : line.slice(at + mark.length);
    const phase = PHASES.find((name) => said === ` ${name}`);
    const isMark = phase !== undefined || said.startsWith("! ");
    if (!isMark || at > 0) tell.line(isMark ? line.slice(0, at) : line);
    if (phase) tell.phase(phase);
    else if (isMark) tell.failing(said.slice(2));
  };
  return {
    push(chunk: Buffer): void {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    },
    end(): void {
      if (rest !== "") take(rest);
      rest = "";
    },
  };
}
