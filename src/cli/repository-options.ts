import type { RepositoryOptions } from "../operations/archives/obtain/packed-places.ts";
import type { CommandContext } from "./context.ts";

/** Where objects are looked for that are not in the store, as the command line and the environment say. */
export function repositoryOptions({ global, env, cwd }: CommandContext): RepositoryOptions {
  const fromEnvironment = (env.STORE_REPOSITORIES ?? "").split(/\s+/).filter((name) => name !== "");
  const repositories = global.repository.length > 0 ? global.repository : fromEnvironment;
  return { repositories, recursive: global.recursive, cwd };
}
