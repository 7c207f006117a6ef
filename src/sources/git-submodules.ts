import { type ByteString, fromBytes, toBytes } from "../model/byte-string.ts";
import type { FetchContext } from "./fetch-context.ts";
import { runGit } from "./run-git.ts";

/** The URLs of a commit's submodules as `.gitmodules` has them, by path. */
export async function readSubmoduleUrls(
  context: FetchContext,
  repository: string,
  commit: string,
): Promise<ReadonlyMap<ByteString, string>> {
  const args = ["config", "--blob", `${commit}:.gitmodules`, "-z", "--get-regexp", "^submodule\\..*\\.(path|url)$"];
  const { stdout } = await runGit(context, args, { cwd: repository });
  const settings = fromBytes(stdout).split("\0").map(parseSetting);
  const urls = new Map(settings.flatMap((setting) => (setting?.key === "url" ? [[setting.name, setting.value]] : [])));
  const paths = settings.flatMap((setting) => (setting?.key === "path" ? [setting] : []));
  return new Map(
    paths.flatMap(({ name, value }) => {
      const url = urls.get(name);
      return url === undefined ? [] : [[value as ByteString, toBytes(url as ByteString).toString("utf8")] as const];
    }),
  );
}

/** One setting as `git config -z` prints it: `submodule.<name>.<key>`, a line feed, the value. */
function parseSetting(text: string): { name: string; key: string; value: string } | undefined {
  const [, name, key, value] = /^submodule\.(.*?)\.(path|url)\n(.*)$/s.exec(text) ?? [];
  return name === undefined || key === undefined || value === undefined ? undefined : { name, key, value };
}
