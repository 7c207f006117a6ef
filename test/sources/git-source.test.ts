import { expect, test } from "vitest";
import { isGitSource, parseGitSource, parseGitUrl, submoduleUrl } from "../../src/sources/git-source.ts";
import { caught } from "../helpers/caught.ts";

const sha1 = "0123456789abcdef0123456789abcdef01234567";
const sha256 = `${sha1}0123456789abcdef01234567`;

test.each([
  [`git+https://h.org/x.git#${sha1}`, "https://h.org/x.git", sha1],
  [`git+https://h.org/x.git?a=b#${sha256}`, "https://h.org/x.git?a=b", sha256],
  [`git+ssh://git@h.org/x.git#${sha1.toUpperCase()}`, "ssh://git@h.org/x.git", sha1],
  [`git+git@h.org:team/x.git#${sha1}`, "ssh://git@h.org/team/x.git", sha1],
  [`git+file:///srv/x#${sha1}`, "file:///srv/x", sha1],
])("%s", (text, url, commit) => {
  expect(isGitSource(text)).toBe(true);
  expect(parseGitSource(text)).toEqual({ url, commit });
});

test.each([
  `git+ext::sh -c whoami#${sha1}`,
  `git+fd::17#${sha1}`,
  `git+git://h.org/x#${sha1}`,
  `git+ftp://h.org/x#${sha1}`,
  `git+ssh://-oProxyCommand=x/y#${sha1}`,
  `git+--upload-pack=x#${sha1}`,
  `git+/srv/x#${sha1}`,
  `git+#${sha1}`,
  `https://h.org/x#${sha1}`,
])("%s is refused", (text) => {
  expect(caught(() => parseGitSource(text))).toMatchObject({ code: "INVALID_INPUT" });
});

test.each(["main", "v1.0", sha1.slice(1), `${sha1}0`, "HEAD", "--all", ""])("'%s' is no commit", (reference) => {
  const error = caught(() => parseGitSource(`git+https://user:secret@h.org/x#${reference}`));
  expect(error).toMatchObject({
    code: "INVALID_INPUT",
    hint: expect.stringContaining("git ls-remote https://h.org/x"),
  });
  expect(JSON.stringify([String(error), error])).not.toContain("secret");
});

test.each([
  ["https://h.org/team/x.git", "../y.git", "https://h.org/team/y.git"],
  ["https://h.org/team/x.git/", "../../other/y", "https://h.org/other/y"],
  ["https://h.org/team/x", "./y", "https://h.org/team/x/y"],
  ["ssh://git@h.org/team/x", "../y", "ssh://git@h.org/team/y"],
  ["file:///srv/x", "../y", "file:///srv/y"],
  ["file:///srv/x", "/other/y z", "file:///other/y%20z"],
  ["https://h.org/x", "git@k.org:y.git", "ssh://git@k.org/y.git"],
  ["https://h.org/x", "https://k.org/y", "https://k.org/y"],
])("in %s the submodule URL %s means %s", (parent, text, url) => {
  expect(submoduleUrl(parent, text)).toBe(url);
});

test.each(["/srv/y", "-x", "ext::sh", "y", ""])("in an https repository the submodule URL '%s' is refused", (text) => {
  expect(caught(() => submoduleUrl("https://h.org/x", text))).toMatchObject({ code: "INVALID_INPUT" });
});

test("a URL keeps its credentials for git, but not in messages", () => {
  expect(parseGitUrl("https://user:secret@h.org/x")).toBe("https://user:secret@h.org/x");
});
