import { StoreError } from "../../errors.ts";
import type { Generation } from "../../model/generation.ts";
import { objectPath } from "../../store/layout.ts";
import type { Store } from "../../store/open-store.ts";
import { type Lock, tellHeldLock } from "../../system/lock.ts";
import type { ProcessResult } from "../../system/process.ts";
import type { RunOptions } from "../run-options.ts";
import { commandEnvironment } from "../running/command-environment.ts";

/** A shell command, and where it works. */
export interface GenerationCheck {
  readonly command: string;
  readonly cwd: string;
}

/**
 * Runs a shell command in a generation that is complete and not live: its search paths stand first, and
 * `STORE_CHECK_GENERATION`, `STORE_CHECK_FOREST` and `STORE_PROFILE` tell what is checked. It has the user's
 * environment otherwise. Nothing that it started is alive afterwards.
 * @throws StoreError CHECK_FAILED unless it ends with 0; the signal's reason
 */
export async function checkGeneration(
  store: Store,
  { generation, profile, path }: Pick<Generation, "generation" | "profile" | "path">,
  { command, cwd, lock, signal, onEvent }: RunOptions & GenerationCheck & { readonly lock: Lock },
): Promise<void> {
  const { runProcess } = await import("../../system/process.ts");
  const forest = objectPath(store.layout, path);
  const reader = createLineReader((line) => onEvent?.({ kind: "checking", line }));
  const result = await runProcess("/bin/sh", ["-c", command], {
    cwd,
    env: {
      ...commandEnvironment(store, profile, { top: forest }),
      STORE_CHECK_GENERATION: `gen-${generation}`,
      STORE_CHECK_FOREST: forest,
      ...tellHeldLock(store.context.env, lock),
    },
    asUser: true,
    signal,
    onOutput: reader.push,
  });
  reader.end();
  signal?.throwIfAborted();
  if (result.exitCode !== 0) throw checkFailed(command, { result, forest, lines: reader.last() });
}

/** Lines that the error tells of what the check printed. */
const LAST_LINES = 20;

/** Cuts both streams into lines; the last of them are kept. */
function createLineReader(tell: (line: string) => void) {
  const open = { stdout: "", stderr: "" };
  const last: string[] = [];
  const line = (text: string): void => {
    last.push(text);
    if (last.length > LAST_LINES) last.shift();
    tell(text);
  };
  return {
    push(chunk: Buffer, stream: "stdout" | "stderr"): void {
      const lines = `${open[stream]}${chunk.toString("latin1")}`.split("\n");
      open[stream] = lines.pop() ?? "";
      for (const each of lines) line(textOf(each));
    },
    end(): void {
      for (const rest of [open.stdout, open.stderr]) if (rest !== "") line(textOf(rest));
    },
    last: (): readonly string[] => last,
  };
}

/** Bytes, one character each, as text: a character that two chunks share is whole only in its line. */
function textOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function checkFailed(
  command: string,
  { result, forest, lines }: { result: ProcessResult; forest: string; lines: readonly string[] },
): StoreError {
  const how = result.signal === null ? `ended with exit status ${result.exitCode}` : `was killed by ${result.signal}`;
  const end = lines.length === 0 ? "" : `: ${lines.at(-1)}`;
  return new StoreError("CHECK_FAILED", `the check \`${command}\` ${how}${end}`, {
    hint: `Nothing has changed. What was checked lies in ${forest} until it is collected as garbage.`,
    details: { command, exitCode: result.exitCode, signal: result.signal, output: lines, forest },
  });
}
