import { PHASES, type Phase } from "../model/recipe.ts";

/** Name of the file with a phase's text, and of the driver that runs them one after the other. */
export const DRIVER = "run-phases";

export function phaseFile(phase: Phase): string {
  return `${phase}.sh`;
}

/**
 * The shell text that runs the phases, each in a shell of its own, and says when one begins: a line of `mark`, a space,
 * the phase. `directory` is where the files of the phases lie in the build.
 */
export function driverScript(
  phases: Readonly<Partial<Record<Phase, string>>>,
  directory: string,
  mark: string,
): string {
  const names = PHASES.filter((phase) => phases[phase] !== undefined);
  return [
    "set -eu",
    // The driver becomes the last one: to start a process takes as long as many a phase.
    ...names.map((phase, at) => {
      const run = at === names.length - 1 ? "exec bash" : "bash";
      return `echo '${mark} ${phase}'\n${run} -eu '${directory}/${phaseFile(phase)}'`;
    }),
    "",
  ].join("\n");
}

/**
 * A phase as it is run: the shell says which command it is that fails. All on the first line, so that the numbers of
 * lines in the shell's own messages are those of the recipe. Nothing is said in subshells: what a command substitution
 * writes is its value.
 */
export function phaseScript(text: string, mark: string): string {
  const tell = `printf "%s\\n" "${mark}! \${BASH_COMMAND%%$'\\''\\n'\\''*}"`;
  return `set -E; trap '((BASH_SUBSHELL)) || ${tell}' ERR; ${text}`;
}

/** Splits a build's output into lines, takes the marks out, and tells of them. */
export function createMarkReader(
  mark: string,
  tell: { phase(phase: Phase): void; failing(command: string): void; line(line: string): void },
) {
  let rest = "";
  const take = (line: string): void => {
    const phase = line.startsWith(`${mark} `) ? PHASES.find((name) => line === `${mark} ${name}`) : undefined;
    if (phase) tell.phase(phase);
    else if (line.startsWith(`${mark}! `)) tell.failing(line.slice(mark.length + 2));
    else tell.line(line);
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
