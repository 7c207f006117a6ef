import { checkPlaces } from "../model/web-url.ts";
import type { RepositoryOptions } from "../operations/archives/obtain/packed-places.ts";
import type { CommandContext } from "./context.ts";

/**
 * Where objects are looked for that are not in the store, as the command line and the environment say.
 * @throws StoreError INVALID_INPUT for what looks like a URL and is none
 */
export function repositoryOptions({ global, env, cwd }: CommandContext): RepositoryOptions {
  const fromEnvironment = (env.STORE_REPOSITORIES ?? "").split(/\s+/).filter((name) => name !== "");
  const repositories =
    global.repository.length > 0
      ? checkPlaces("--repository", global.repository)
      : checkPlaces("$STORE_REPOSITORIES", fromEnvironment);
  return { repositories, recursive: global.recursive, cwd };
}
