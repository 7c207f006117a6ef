import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A directory of the XDG Base Directory Specification: `$XDG_DATA_HOME` or `$XDG_CACHE_HOME`, else what stands for it in
 * the home directory; `undefined` where there is neither. What is no absolute path counts as not set.
 */
export function baseDirectory(env: Environment, kind: "data" | "cache"): string | undefined {
  const told = kind === "data" ? env.XDG_DATA_HOME : env.XDG_CACHE_HOME;
  if (told !== undefined && isAbsolute(told)) return told;
  const home = homeDirectory(env);
  return home && join(home, kind === "data" ? ".local/share" : ".cache");
}

/** `$HOME` where that is an absolute path, else what the system's list of users says. */
export function homeDirectory({ HOME }: Environment): string | undefined {
  if (HOME !== undefined && isAbsolute(HOME)) return HOME;
  try {
    const { homedir } = userInfo();
    return isAbsolute(homedir) ? homedir : undefined;
  } catch {
    // Such a user is in no list.
    return undefined;
  }
}
