const SUFFIX = /\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz|tzst|zip)$/i;

/** Whether a file of this name is an archive that can be unpacked. */
export function isArchiveName(name: string): boolean {
  return SUFFIX.test(name);
}

/** The name without the ending that makes it an archive: `mpfr-4.2.0` of `mpfr-4.2.0.tar.xz`. */
export function archiveStem(name: string): string {
  return name.replace(SUFFIX, "");
}
