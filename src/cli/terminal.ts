import type { GlobalValues } from "./global-options.ts";

/** What the streams of this process can show. To look at a stream sets it up, so each is looked at when it is used. */
export interface Terminal {
  readonly stdout: StreamTraits;
  readonly stderr: StreamTraits;
  readonly hasUnicode: boolean;
  /** A line of progress can be shown and is wanted. */
  readonly showsProgress: boolean;
}

export interface StreamTraits {
  readonly isTerminal: boolean;
  readonly hasColor: boolean;
}

export type Streams = Readonly<Record<"stdout" | "stderr", { readonly isTTY?: boolean }>>;
type Environment = Readonly<Record<string, string | undefined>>;
type Wanted = Pick<GlobalValues, "color" | "json" | "progress" | "quiet">;

export function describeTerminal(wanted: Wanted, env: Environment, streams: Streams): Terminal {
  const traits = (isTerminal: boolean): StreamTraits => ({ isTerminal, hasColor: hasColor(wanted, env, isTerminal) });
  return {
    get stdout() {
      return traits(streams.stdout.isTTY === true);
    },
    get stderr() {
      return traits(streams.stderr.isTTY === true);
    },
    get showsProgress() {
      return wanted.progress && !wanted.json && !wanted.quiet && streams.stderr.isTTY === true && env.TERM !== "dumb";
    },
    hasUnicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ""),
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
