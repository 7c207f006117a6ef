/** One search path that a shell or a command gets. */
export interface SearchPath {
  readonly variable: string;
  /** Absolute directories of a profile, to stand before what the variable holds. */
  readonly directories: readonly string[];
  /** What the variable means when it is empty or unset: an empty last element keeps the system's default. */
  readonly keepDefault: boolean;
  /** What programs take the variable for when it is unset; it has to be said once something else is. */
  readonly systemDefault: string;
}

const SEARCH_PATHS: readonly (readonly [variable: string, directories: readonly string[], keepDefault: boolean])[] = [
  ["PATH", ["bin"], false],
  ["MANPATH", ["share/man"], true],
  ["INFOPATH", ["share/info"], true],
  ["XDG_DATA_DIRS", ["share"], false],
  ["ACLOCAL_PATH", ["share/aclocal"], false],
  ["PKG_CONFIG_PATH", ["lib/pkgconfig", "share/pkgconfig"], false],
  ["CMAKE_PREFIX_PATH", ["."], false],
];

/** Defaults of the XDG Base Directory Specification. */
const SYSTEM_DEFAULTS: Readonly<Record<string, string>> = { XDG_DATA_DIRS: "/usr/local/share:/usr/share" };

/** The search paths into `top`, whether or not the directories exist. */
export function searchPathsInto(top: string): readonly SearchPath[] {
  return SEARCH_PATHS.map(([variable, directories, keepDefault]) => ({
    variable,
    directories: directories.map((directory) => (directory === "." ? top : `${top}/${directory}`)),
    keepDefault,
    systemDefault: SYSTEM_DEFAULTS[variable] ?? "",
  }));
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * An environment in which the search paths come first. What lies below `hidden` is taken out of them: a program that a
 * generation does not have must not be found in another one of the same profile.
 */
export function withSearchPaths(
  env: Environment,
  paths: readonly SearchPath[],
  { hidden }: { readonly hidden: readonly string[] },
): Readonly<Record<string, string>> {
  const result = new Map(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  for (const { variable, directories, keepDefault, systemDefault } of paths) {
    const before = result.get(variable) || systemDefault;
    const kept = before.split(":").filter((item) => !hidden.some((each) => isIn(item, each)));
    const rest = before === "" ? (keepDefault ? [""] : []) : kept;
    result.set(variable, [...directories, ...rest].join(":"));
  }
  return Object.fromEntries(result);
}

function isIn(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
