import type { CommandContext } from "./context.ts";

/** What the shell offers where this word is typed. */
export type Completes =
  | "directory"
  | "path"
  | "object"
  | "installed"
  | "selector"
  | "transaction"
  | "checkpoint"
  | "profile"
  | "root"
  | "generation"
  | "record"
  | "command"
  | readonly string[];

interface OptionBase {
  /** One letter, without its dash. */
  readonly alias?: string;
  readonly describe: string;
  /** Heading in `--help`. */
  readonly group?: string;
}

export interface BooleanOption extends OptionBase {
  readonly type: "boolean";
  /** False unless given. */
  readonly default?: boolean;
}

export interface StringOption<T = unknown> extends OptionBase {
  readonly type: "string";
  /** What the value is called in synopses: `DIR`. */
  readonly value: string;
  /** Given more than once, all values count; otherwise the last. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
  /** One word can hold several values, with this between them. */
  readonly separator?: ",";
  /** @throws StoreError for a text that is no such value */
  readonly parse?: (text: string) => T;
}

export type OptionSpec = BooleanOption | StringOption;
/** By the option's long name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface Positional {
  readonly need: "one" | "optional" | "some" | "any";
  readonly describe: string;
  readonly choices?: readonly string[];
  /** Where that depends on the positionals before it: what follows from their words. */
  readonly completes?: Completes | ((before: readonly string[]) => Completes | undefined);
}

/** In their order; only the last can stand for several words. */
export type Positionals = Readonly<Record<string, Positional>>;

type SingleValue<S> = S extends { readonly parse: (text: string) => infer T }
  ? T
  : S extends { readonly choices: readonly (infer C)[] }
    ? C
    : string;

type OptionValueOf<S> = S extends { readonly type: "boolean" }
  ? boolean
  : S extends { readonly many: true }
    ? readonly SingleValue<S>[]
    : SingleValue<S> | undefined;

type PositionalValueOf<P> = P extends { readonly need: infer N }
  ? N extends "one"
    ? SingleValue<P>
    : N extends "optional"
      ? SingleValue<P> | undefined
      : readonly SingleValue<P>[]
  : never;

/** The values that a command gets: of options by their long names, of positionals by theirs. */
export type Values<P extends Positionals, O extends OptionSpecs> = {
  readonly [K in keyof P]: PositionalValueOf<P[K]>;
} & { readonly [K in keyof O]: OptionValueOf<O[K]> };

export interface CommandSpec<P extends Positionals, O extends OptionSpecs> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line without a full stop. */
  readonly summary: string;
  /** Further paragraphs of `--help`. */
  readonly details?: string;
  readonly positionals: P;
  readonly options: O;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Shape of what `--json` prints. */
  readonly json: string;
  /** It runs another command, whose words stand behind `--` and come as `rest`. */
  readonly runs?: { readonly describe: string };
  /** Signals are for the command that it runs: they do not end its own work. */
  readonly ownsSignals?: boolean;
  /** With these arguments it only looks at little: a signal ends it at once, and nothing is set up for an orderly end. */
  endsAtOnce?(args: Values<P, O>): boolean;
  /** Changes a profile, so that `--tracking-journal` has something to record. */
  readonly changes?: boolean;
  /** Takes long enough to show how far it is. */
  readonly isLong?: boolean;
  /**
   * Carries the command out when that takes no more than a look: tried before the whole program is loaded. Whether it
   * did; when it throws, `run` finds out the same and tells it.
   */
  recall?(context: CommandContext, args: Values<P, O>): Promise<boolean>;
  /** Gives the exit status where it is not the usual one: another number only as that of a command that was run. */
  run(context: CommandContext, args: Values<P, O> & { readonly rest: readonly string[] }): Promise<number | undefined>;
}

/** A command as the parser, the help and the completion see it: data, and what carries it out. */
export type Command = CommandSpec<Positionals, OptionSpecs>;

/** Gives `run` the types that follow from a command's positionals and options. */
export function defineCommand<const P extends Positionals, const O extends OptionSpecs>(
  command: CommandSpec<P, O>,
): Command {
  return command as unknown as Command;
}
