/** A package name as specs read it: a `+` belongs to it unless a letter follows, since that starts an option. */
export const RECIPE_NAME = /(?:@[A-Za-z0-9_.-]+\+)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]|\+(?![A-Za-z_]))*/;
export const OPTION_NAME = /[A-Za-z][A-Za-z0-9_-]*/;
export const VERSION = /[A-Za-z0-9][A-Za-z0-9_+.~-]*/;

const WHOLE_NAME = whole(RECIPE_NAME);

/** Whether a recipe can have this name: one that specs can spell, at most 128 characters. */
export function isRecipeName(text: string): boolean {
  return text.length <= 128 && WHOLE_NAME.test(text);
}

/** `pattern` for a whole text instead of a part of one. */
export function whole(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`);
}

/** The variable in which a phase finds the store path of a dependency: `$dep_gmp`, `$dep_libstdc__`. */
export function dependencyVariable(name: string): string {
  return `dep_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;
}
