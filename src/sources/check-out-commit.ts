import { join } from "node:path";
import { StoreError } from "../errors.ts";
import { type ByteString, toEscaped } from "../model/byte-string.ts";
import { removeTree } from "../system/remove-tree.ts";
import { fetchCommit } from "./fetch-commit.ts";
import type { FetchContext } from "./fetch-context.ts";
import { type GitSource, submoduleUrl } from "./git-source.ts";
import { readSubmoduleUrls } from "./git-submodules.ts";
import { listGitTree } from "./git-tree.ts";
import { printableUrl } from "./printable-url.ts";
import { writeGitTree } from "./write-git-tree.ts";

export interface CheckOut {
  /** An empty directory. */
  readonly target: ByteString;
  /** A directory for repositories that are needed on the way. */
  readonly scratch: string;
  /** Whether submodules are checked out too, and theirs. */
  readonly submodules: boolean;
}

/**
 * Fetches a commit and writes its files, without `.git`.
 *
 * @throws StoreError as `fetchCommit`; INVALID_INPUT for unsafe paths, submodules without URL or on a less safe way,
 *   LIMIT for more than 1,000 submodules
 */
export async function checkOutCommit(context: FetchContext, source: GitSource, options: CheckOut): Promise<void> {
  const protocols = protocolsFor(source.url);
  const queue: Task[] = [{ ...source, target: options.target }];
  for (let done = 0; done < queue.length; done++) {
    if (done > MOST_SUBMODULES) throw new StoreError("LIMIT", `${printableUrl(source.url)} has too many submodules`);
    const repository = join(options.scratch, `${done}.git`);
    const task = queue[done] as Task;
    await fetchCommit(context, task, { repository, protocols });
    queue.push(...(await writeFiles(context, { task, repository, protocols, submodules: options.submodules })));
    removeTree(repository);
  }
}

const MOST_SUBMODULES = 1000;

interface Task extends GitSource {
  readonly target: ByteString;
}

interface Writing {
  readonly task: Task;
  readonly repository: string;
  readonly protocols: readonly string[];
  readonly submodules: boolean;
}

/** Writes one commit's own files; returns what is to be done for its submodules. */
async function writeFiles(context: FetchContext, { task, repository, ...options }: Writing): Promise<Task[]> {
  const entries = await listGitTree(context, repository, task.commit);
  await writeGitTree(context, repository, { entries, target: task.target });
  const submodules = options.submodules ? entries.filter(({ kind }) => kind === "submodule") : [];
  if (submodules.length === 0) return [];
  const urls = await readSubmoduleUrls(context, repository, task.commit);
  return submodules.map(({ path, id }) => {
    const text = urls.get(path);
    if (text === undefined) throw submoduleError(task, path, "has no URL in .gitmodules");
    const url = submoduleUrl(task.url, text);
    if (!options.protocols.includes(new URL(url).protocol.slice(0, -1))) {
      throw submoduleError(task, path, `is at ${printableUrl(url)}, which a source of this kind may not use`);
    }
    return { url, commit: id, target: `${task.target}/${path}` as ByteString };
  });
}

/** What a source and its submodules may use: never a less safe way than the source itself, and files only from files. */
function protocolsFor(url: string): string[] {
  const { protocol } = new URL(url);
  const safe = ["https", "ssh"];
  return protocol === "file:" ? [...safe, "http", "file"] : protocol === "http:" ? [...safe, "http"] : safe;
}

function submoduleError({ url, commit }: Task, path: ByteString, what: string): StoreError {
  return new StoreError("INVALID_INPUT", `the submodule ${toEscaped(path)} of ${printableUrl(url)} ${what}`, {
    hint: "A commit is fetched with all its submodules. Name another commit, or use an archive that has what you need.",
    details: { url: printableUrl(url), commit, path: toEscaped(path) },
  });
}
