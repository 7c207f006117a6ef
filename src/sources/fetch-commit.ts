import { StoreError } from "../errors.ts";
import type { FetchContext } from "./fetch-context.ts";
import type { GitSource } from "./git-source.ts";
import { passingFault } from "./network-error.ts";
import { printableUrl } from "./printable-url.ts";
import { withRetries } from "./retry.ts";
import { type GitResult, runGit } from "./run-git.ts";

/**
 * Makes a bare repository at `repository` that has the commit: alone where the server gives it so, otherwise with
 * everything the server has. Git checks all it receives against the names of the objects.
 *
 * @throws StoreError NOT_FOUND, NETWORK, INVALID_INPUT (not a commit), UNSUPPORTED (no git); the signal's reason
 */
export async function fetchCommit(
  context: FetchContext,
  source: GitSource,
  { repository, protocols }: { readonly repository: string; readonly protocols: readonly string[] },
): Promise<void> {
  const format = source.commit.length === 64 ? "sha256" : "sha1";
  const init = ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, repository];
  const made = await runGit(context, init, { cwd: context.directory });
  if (made.status !== 0) throw new StoreError("FAILED", `git cannot make a repository: ${made.stderr}`);
  const subject = printableUrl(source.url);
  const fetch = (depth: readonly string[], what: string) =>
    runGit(context, [...stallSettings(context), "fetch", ...FETCH_OPTIONS, ...depth, "--", source.url, what], {
      cwd: repository,
      protocols,
      onLine: (text) => context.onEvent?.({ kind: "git", url: subject, text: withoutCredentials(text) }),
    });
  await withRetries(context, { subject }, async () => {
    const alone = await fetch(["--depth=1"], source.commit);
    if (alone.status === 0) return;
    if (!REFUSES_SINGLE_COMMITS.test(alone.stderr)) throw gitError(source, alone);
    const all = await fetch([], "+refs/*:refs/fetched/*");
    if (all.status !== 0) throw gitError(source, all);
  });
  await checkCommit(context, source, repository);
}

const FETCH_OPTIONS = ["--progress", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];

/** What git says when a server serves only what a branch or tag leads to, or knows no shallow fetch. */
const REFUSES_SINGLE_COMMITS =
  /not our ref|unadvertised object|couldn't find remote ref|no such ref|shallow|does not support/i;

function stallSettings({ stallTimeoutMs = 60_000 }: FetchContext): string[] {
  const seconds = Math.max(1, Math.ceil(stallTimeoutMs / 1000));
  return ["-c", "http.lowSpeedLimit=1", "-c", `http.lowSpeedTime=${seconds}`];
}

async function checkCommit(context: FetchContext, { url, commit }: GitSource, repository: string): Promise<void> {
  const found = await runGit(context, ["cat-file", "-t", commit], { cwd: repository });
  const type = found.stdout.toString().trim();
  if (type === "commit") return;
  if (found.status !== 0) {
    throw new StoreError("NOT_FOUND", `${printableUrl(url)} has no commit ${commit}`, {
      hint: "Check the commit id; the branch that had it may have been rewritten.",
      details: { url: printableUrl(url), commit },
    });
  }
  const meant = await runGit(context, ["rev-parse", `${commit}^{commit}`], { cwd: repository });
  throw new StoreError("INVALID_INPUT", `${commit} in ${printableUrl(url)} is a ${type}, not a commit`, {
    ...(meant.status === 0 && { hint: `It leads to commit ${meant.stdout.toString().trim()}: write that one.` }),
    details: { url: printableUrl(url), commit, type },
  });
}

function gitError({ url }: GitSource, { stderr }: GitResult): StoreError {
  const subject = printableUrl(url);
  const reason = withoutCredentials(stderr);
  if (/timed out|connection (was )?(reset|refused)|early EOF|RPC failed|hung up|error: 5\d\d/i.test(stderr)) {
    return passingFault(subject, reason);
  }
  const untrusted = /certificate (verify|verification) failed|self.signed certificate|local issuer certificate/i.test(
    stderr,
  );
  const missing = /not found|does not exist|does not appear to be a git repository/i.test(stderr);
  return new StoreError(missing ? "NOT_FOUND" : "NETWORK", `${subject}: git cannot fetch it\n${reason}`, {
    hint: untrusted ? TRUST_HINT : `See what \`git ls-remote ${subject}\` says.`,
    details: { url: subject },
  });
}

const TRUST_HINT =
  "Nobody vouches for its certificate. If it is the right server, name a file (PEM) with the certificate of its authority in git's `http.sslCAInfo` or GIT_SSL_CAINFO.";

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, "//");
}
