import { isatty } from "node:tty";
import type { GlobalValues } from "./global-options.ts";

/** What the streams of this process can show. */
export interface Terminal {
  readonly stdout: { readonly isTerminal: boolean; readonly hasColor: boolean };
  readonly stderr: { readonly isTerminal: boolean; readonly hasColor: boolean };
  readonly hasUnicode: boolean;
  /** A line of progress can be shown and is wanted. */
  readonly showsProgress: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Wanted = Pick<GlobalValues, "color" | "json" | "progress" | "quiet">;

export function describeTerminal(global: Wanted, env: Environment, isTerminal = isatty): Terminal {
  const stream = (fd: number) => ({ isTerminal: isTerminal(fd), hasColor: hasColor(global, env, isTerminal(fd)) });
  const canMove = isTerminal(2) && env.TERM !== "dumb";
  return {
    stdout: stream(1),
    stderr: stream(2),
    hasUnicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ""),
    showsProgress: canMove && global.progress && !global.json && !global.quiet,
  };
}

/** `--color` before $NO_COLOR before $FORCE_COLOR before what the stream is. */
function hasColor({ color }: Wanted, env: Environment, isTerminal: boolean): boolean {
  if (color === "always") return true;
  if (color === "never" || env.NO_COLOR) return false;
  const forced = env.FORCE_COLOR;
  if (forced) return forced !== "0" && forced !== "false";
  return isTerminal && env.TERM !== "dumb";
}
