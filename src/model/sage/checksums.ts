/** One tarball of a `checksums.ini`, its patterns filled in. */
export interface SageTarball {
  readonly fileName: string;
  /** Lower-case hexadecimal digits. */
  readonly sha256?: string;
  readonly sha1?: string;
  readonly urls: readonly string[];
}

/**
 * The tarballs of a `checksums.ini`: lines `key=value`; each `tarball` begins a new one. In names and URLs stand
 * `VERSION`, `VERSION_MAJOR`, `VERSION_MINOR` and `VERSION_MICRO`, alone or as `${VERSION}`; the package's own patch
 * level, `.p1`, is no part of it.
 */
export function readChecksums(text: string, version: string): readonly SageTarball[] {
  const blocks: [string, string][][] = [];
  for (const line of text.split("\n")) {
    const [, key, value = ""] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    if (key === "tarball") blocks.push([]);
    blocks.at(-1)?.push([key, value]);
  }
  return blocks.map((block) => tarballOf(block, version));
}

function tarballOf(block: readonly [string, string][], version: string): SageTarball {
  const valuesOf = (key: string): string[] => block.filter(([name]) => name === key).map(([, value]) => value);
  const [fileName = ""] = valuesOf("tarball");
  const sum = (key: string, digits: number): string | undefined =>
    valuesOf(key)
      .map((value) => value.toLowerCase())
      .find((value) => value.length === digits && /^[0-9a-f]+$/.test(value));
  const [sha256, sha1] = [sum("sha256", 64), sum("sha1", 40)];
  return {
    fileName: fillVersion(fileName, version),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(sha1 === undefined ? {} : { sha1 }),
    urls: valuesOf("upstream_url")
      .filter((url) => url !== "")
      .map((url) => fillVersion(url, version)),
  };
}

/** The version of the software itself: `1.2` of `1.2.p3`. */
export function upstreamVersion(version: string): string {
  return version.replace(/\.p\d+$/, "");
}

function fillVersion(pattern: string, version: string): string {
  const upstream = upstreamVersion(version);
  const parts = upstream.split(".");
  const values: Readonly<Record<string, string | undefined>> = {
    VERSION: upstream,
    VERSION_MAJOR: parts[0],
    VERSION_MINOR: parts[1],
    VERSION_MICRO: parts[2],
  };
  const name = "VERSION(?:_(?:MAJOR|MINOR|MICRO))?";
  return pattern.replace(new RegExp(`\\$\\{(${name})\\}|(${name})`, "g"), (found, braced, bare) => {
    return values[braced ?? bare] ?? found;
  });
}

/** The tarball that every machine can use: a wheel in pure Python, an archive of sources, the first one. */
export function chooseTarball(tarballs: readonly SageTarball[]): SageTarball | undefined {
  return (
    tarballs.find(({ fileName }) => isPureWheel(fileName)) ??
    tarballs.find(({ fileName }) => !isWheel(fileName)) ??
    tarballs[0]
  );
}

export function isWheel(fileName: string): boolean {
  return fileName.endsWith(".whl");
}

/** Whether a wheel holds nothing that is compiled for a platform. */
export function isPureWheel(fileName: string): boolean {
  return fileName.endsWith("-none-any.whl");
}
