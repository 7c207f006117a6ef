import { readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import Config from "@npmcli/config";
import npmDefinitions from "@npmcli/config/lib/definitions/index.js";
import { StoreError } from "../errors.ts";
import { homeDirectory } from "../system/base-directories.ts";
import type { FetchContext } from "./fetch-context.ts";

/** npm's configuration in the flat form that npm's own libraries take. */
export type NpmOptions = Readonly<Record<string, unknown>>;

/**
 * Reads npm's configuration as npm itself would in `cwd`: its built-in, global, user and project `.npmrc` and
 * `npm_config_*` of the environment. npm's download cache is left out: what is fetched is kept in the store.
 *
 * @throws StoreError INVALID_INPUT
 */
export async function loadNpmOptions({ env, cwd }: FetchContext): Promise<NpmOptions> {
  const { definitions, shorthands, flatten, nerfDarts } = npmDefinitions;
  const home = homeDirectory(env);
  const restore = rememberEnvironment();
  try {
    const config = new Config({
      ...{ definitions, shorthands, flatten, nerfDarts },
      npmPath: findNpm(env) ?? join(cwd, "no-npm"),
      env: { ...env, ...(home !== undefined && { HOME: home }) },
      argv: ["node", "npm"],
      cwd,
      warn: false,
    });
    await config.load();
    return { ...config.flat, cache: undefined };
  } catch (error) {
    throw new StoreError("INVALID_INPUT", `npm's configuration cannot be read: ${(error as Error).message}`, {
      hint: "See what `npm config list` says about it.",
      cause: error,
    });
  } finally {
    restore();
  }
}

/** Host (with port) of the registry that npm uses unless it is told otherwise. */
export function defaultRegistryHost(): string {
  return new URL(String(npmDefinitions.definitions.registry?.default)).host;
}

/** Where npm lies that `PATH` leads to: its built-in configuration, for example a distribution's, counts. */
function findNpm(env: FetchContext["env"]): string | undefined {
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    const path = npmDirectory(join(directory, "npm"));
    if (path !== undefined) return path;
  }
  return undefined;
}

function npmDirectory(command: string): string | undefined {
  try {
    const path = dirname(dirname(realpathSync(command)));
    return JSON.parse(readFileSync(join(path, "package.json"), "utf8")).name === "npm" ? path : undefined;
  } catch {
    return undefined;
  }
}

/** npm's definitions set `NODE_ENV` and `npm_config_user_agent` in the process's environment; this takes it back. */
function rememberEnvironment(): () => void {
  const names = ["NODE_ENV", "npm_config_user_agent"];
  const values = names.map((name) => [name, process.env[name]] as const);
  return () => {
    for (const [name, value] of values) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
