import { StoreError } from "../errors.ts";
import { printableUrl } from "./printable-url.ts";

/** A commit and where to get it. */
export interface GitSource {
  /** What git takes: `https:`, `http:`, `ssh:` or `file:`. */
  readonly url: string;
  /** 40 or 64 lower-case hexadecimal digits: the name of a commit in a SHA-1 or SHA-256 repository. */
  readonly commit: string;
}

/** Ways to reach a repository; all others, such as `ext:` that runs commands, are refused. */
const GIT_SCHEMES = ["https:", "http:", "ssh:", "file:"] as const;

/** Whether `text` is meant as a git source: `git+<url>`. */
export function isGitSource(text: string): boolean {
  return text.startsWith("git+");
}

/**
 * Reads `git+<url>#<commit>`.
 *
 * @throws StoreError INVALID_INPUT
 */
export function parseGitSource(text: string): GitSource {
  const [, address = "", reference = ""] = /^git\+([^#]*)(?:#(.*))?$/s.exec(text) ?? [];
  const url = parseGitUrl(address);
  if (isCommit(reference)) return { url, commit: reference.toLowerCase() };
  const subject = `git+${printableUrl(url)}`;
  const command = `git ls-remote ${printableUrl(url)}${reference ? ` '${reference.replace(/[^\w./-]/g, "?")}'` : " HEAD"}`;
  throw new StoreError(
    "INVALID_INPUT",
    reference ? `'${reference}' in ${subject} is not a whole commit id` : `${subject} names no commit`,
    { hint: `Write ${subject}#<commit> with all 40 or 64 hexadecimal digits; \`${command}\` shows them.` },
  );
}

/** Whether `text` is a whole commit id: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits. */
function isCommit(text: string): boolean {
  return /^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/.test(text);
}

/**
 * Reads the URL of a repository; `user@host:path` becomes `ssh:`.
 *
 * @throws StoreError INVALID_INPUT
 */
export function parseGitUrl(text: string): string {
  const short = /^((?:[\w.-]+@)?[\w.-]+):(?!\/\/)(?!:)(.+)$/.exec(text);
  const full = short && !URL.canParse(text) ? `ssh://${short[1]}/${short[2]?.replace(/^\/+/, "")}` : text;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const known = GIT_SCHEMES.some((scheme) => scheme === url?.protocol);
  // A host that begins with "-" would be read as an option by ssh.
  if (url && known && !url.hostname.startsWith("-")) return full;
  throw new StoreError("INVALID_INPUT", `'${printableUrl(text)}' is not a URL of a git repository`, {
    hint: "Use git+https:, git+http:, git+ssh: or git+file:.",
  });
}

/**
 * The URL of a submodule: relative ones (`./x`, `../x`) are meant from the URL of the repository that they stand in.
 *
 * @throws StoreError INVALID_INPUT
 */
export function submoduleUrl(parent: string, text: string): string {
  if (/^\.\.?\//.test(text)) return relativeUrl(parent, text);
  // A path of this machine is only for those who are on it already.
  if (text.startsWith("/") && new URL(parent).protocol === "file:") return `file://${encodeURI(text)}`;
  return parseGitUrl(text);
}

function relativeUrl(parent: string, text: string): string {
  const url = new URL(parent);
  const segments = url.pathname.replace(/\/+$/, "").split("/");
  let rest = text;
  for (let step = /^(\.\.?)\/+/.exec(rest); step; step = /^(\.\.?)\/+/.exec(rest)) {
    if (step[1] === "..") segments.pop();
    rest = rest.slice(step[0].length);
  }
  url.pathname = [...segments, rest].join("/");
  return parseGitUrl(url.href);
}
