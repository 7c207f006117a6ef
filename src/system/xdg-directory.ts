import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a variable of the XDG base directories names, else `fallback` in the home directory. An empty or relative value
 * counts as none, as that specification says. `undefined` for a user without a home.
 */
export function xdgDirectory(env: Environment, variable: `XDG_${string}_HOME`, fallback: string): string | undefined {
  const named = env[variable];
  if (named !== undefined && isAbsolute(named)) return named;
  const home = homeOf(env);
  return home === undefined ? undefined : join(home, fallback);
}

function homeOf({ HOME }: Environment): string | undefined {
  const home = HOME !== undefined && isAbsolute(HOME) ? HOME : registeredHome();
  return home !== undefined && isAbsolute(home) ? home : undefined;
}

/** That of the system's list of users, whatever the environment says. */
function registeredHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}
