import { archiveStem } from "./archive-name.ts";
import { isRecipeName, VERSION, whole } from "./names.ts";
import { fileNameOfUrl } from "./source-url.ts";

export interface NameAndVersion {
  readonly name?: string;
  readonly version?: string;
}

/**
 * What the URL of a release tells of the package: `mpfr-4.2.0.tar.xz` is version 4.2.0 of mpfr, `boost_1_83_0.tar.bz2`
 * 1.83.0 of boost, `…/madler/zlib/archive/refs/tags/v1.3.1.tar.gz` 1.3.1 of zlib. What cannot be told is left out.
 */
export function nameFromUrl(url: string): NameAndVersion {
  const [, npmName, npmVersion] = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(url) ?? [];
  if (npmName !== undefined) return plausible(npmName.replace("/", "+"), npmVersion);
  const stem = withoutKind(archiveStem(fileNameOfUrl(url)).replace(/\.whl$/, ""));
  const [, tagged] = TAG_ARCHIVE.exec(url) ?? [];
  if (tagged !== undefined) return plausible(tagged, versionInTag(stem));
  const [, name, version] = NAME_AND_VERSION.map((pattern) => pattern.exec(stem)).find((match) => match !== null) ?? [];
  if (name !== undefined) return plausible(name, dotted(version));
  const [, repository, tag] = RELEASE_FILE.exec(url) ?? [];
  return plausible(repository ?? stem, versionInTag(tag ?? ""));
}

const NAME_AND_VERSION: readonly RegExp[] = [
  /^(.*?[A-Za-z+].*?)[-_]v?([0-9][A-Za-z0-9._+~-]*)$/,
  /^(.*?[A-Za-z+])\.v?([0-9][A-Za-z0-9._+~-]*)$/,
  /^([A-Za-z][A-Za-z_+-]*?)v?([0-9][0-9.]*[a-z]?)$/,
];

/** The archive of a tag on GitHub, GitLab and their like. */
const TAG_ARCHIVE = /^https?:\/\/[^/]+\/(?:[^/]+\/)*?([^/]+)\/(?:-\/)?archive\//;

/** A file of a release there. */
const RELEASE_FILE = /^https?:\/\/[^/]+\/(?:[^/]+\/)*?([^/]+)\/(?:-\/)?releases\/(?:download\/)?([^/]+)\//;

function versionInTag(tag: string): string | undefined {
  return dotted(/^(?:[A-Za-z][^0-9]*?[-_]?)?v?([0-9].*)$/.exec(tag)?.[1]);
}

/** Without the words that tell sources from binaries: `-src`, `.orig`, `-linux-x86_64`, `-py3-none-any`. */
function withoutKind(stem: string): string {
  return stem.replace(
    /(?:[-_.](?:src|sources?|orig|release|dist|bin|linux|x86_64|amd64|noarch|any|none|py[0-9.]+))+$/i,
    "",
  );
}

function dotted(version: string | undefined): string | undefined {
  return version !== undefined && /^[0-9]+(?:_[0-9]+)+$/.test(version) ? version.replaceAll("_", ".") : version;
}

function plausible(name: string, version: string | undefined): NameAndVersion {
  const lower = name.toLowerCase();
  const isVersion = version !== undefined && version.length <= 80 && whole(VERSION).test(version);
  return { ...(isRecipeName(lower) ? { name: lower } : {}), ...(isVersion ? { version } : {}) };
}
