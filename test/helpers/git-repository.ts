import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface GitRepository {
  readonly path: string;
  /** Runs git in the repository; returns its output without the last line feed. */
  readonly git: (...args: readonly string[]) => string;
  /** Adds everything, also what is ignored, and commits; returns the commit id. */
  readonly commit: () => string;
}

/** Whether this machine has git; tests that need it say so when they skip. */
export function hasGit(): boolean {
  try {
    execFileSync("git", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A new repository at `<parent>/<name>`, free of the user's configuration. */
export function gitRepository(parent: string, name: string, format: "sha1" | "sha256" = "sha1"): GitRepository {
  const path = join(parent, name);
  mkdirSync(path, { recursive: true });
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false", ...args], {
      cwd: path,
      env: { PATH: process.env.PATH, HOME: parent, ...IDENTITY },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).replace(/\n$/, "");
  git("init", "--quiet", `--object-format=${format}`, "--initial-branch=main");
  const commit = () => {
    git("add", "--all", "--force");
    git("commit", "--quiet", "--allow-empty", "--message=a commit");
    return git("rev-parse", "HEAD");
  };
  return { path, git, commit };
}

const IDENTITY = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
  GIT_COMMITTER_NAME: "C",
  GIT_COMMITTER_EMAIL: "c@example.org",
  GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
};
