/** Beginnings of the URLs that a source can have. */
export const SOURCE_URL = /^(?:https?:\/\/|file:\/|npm:|git\+(?:https?|ssh|file):\/\/)\S+$/;

/** The name that a fetched file gets: the last part of the URL's path; empty when there is none. */
export function fileNameOfUrl(url: string): string {
  if (url.startsWith("npm:"))
    return `${url
      .slice("npm:".length)
      .replace(/^@/, "")
      .replace(/[^A-Za-z0-9._+-]+/g, "-")}.tgz`;
  const path = url.replace(/[?#].*$/s, "").replace(/\/+$/, "");
  const name = /^[a-z+]+:\/\/[^/]*$/.test(path) ? "" : decode(path.slice(path.lastIndexOf("/") + 1));
  return url.startsWith("git+") ? name.replace(/\.git$/, "") : name;
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    return /[/\0]/.test(decoded) ? text : decoded;
  } catch {
    // A stray '%' is no reason to refuse the URL; the name stays as it is written.
    return text;
  }
}
