import { APPLYING } from "../applied-patch.ts";
import { isArchiveName } from "./archive-name.ts";
import type { ResolvedPatch, ResolvedSource } from "./resolved-recipe.ts";
import { shellQuote } from "./shell-quote.ts";

/**
 * The shell text that brings the sources from `$src` into the build directory: archives unpacked, directories by their
 * content, other files as they are; empty without sources.
 */
export function unpackPhase(sources: readonly ResolvedSource[]): string {
  if (sources.length === 0) return "";
  const functions = [sources.some(isUnpacked) ? UNPACK : "", sources.every(isUnpacked) ? "" : COPY];
  return [...functions, ...sources.map(bringSource), "chmod -R u+w .\n"].join("");
}

/**
 * The shell text that applies the patches, which lie in `$src`; empty without patches. `--batch` alone would take a patch
 * out again that the sources have already; with `--forward` patch(1) fails on it, and asks nothing.
 */
export function patchPhase(patches: readonly ResolvedPatch[]): string {
  return patches
    .map(({ path, fileName, strip }) => {
      const apply = `patch -p${strip} -i "$src"/${shellQuote(fileName)} --batch --forward --no-backup-if-mismatch`;
      return `echo ${shellQuote(`${APPLYING}${path}`)}\n${apply}\n`;
    })
    .join("");
}

function bringSource(source: ResolvedSource): string {
  const from = `"$src"/${shellQuote(source.fileName)}`;
  const to = source.to === "" ? "." : shellQuote(`./${source.to}`);
  return isUnpacked(source) ? `unpack ${from} ${to} ${source.strip ?? "auto"}\n` : `copy ${from} ${to}\n`;
}

function isUnpacked(source: ResolvedSource): boolean {
  return source.unpack && isArchiveName(source.fileName);
}

/** `unpack ARCHIVE DIRECTORY STRIP`; STRIP is a number or `auto`, which strips one directory when it stands alone. */
const UNPACK = `unpack() {
  local top=.unpacked level=0
  mkdir -p "$2" "$top"
  case $1 in
    *.zip) unzip -q "$1" -d "$top" ;;
    *) tar --extract --no-same-owner --file "$1" --directory "$top" ;;
  esac
  chmod -R u+w "$top"
  shopt -s dotglob nullglob
  local entries=("$top"/*)
  if [ "$3" = auto ]; then
    if [ "\${#entries[@]}" = 1 ] && [ -d "$entries" ] && [ ! -L "$entries" ]; then entries=("$entries"/*); fi
  else
    while [ "$level" -lt "$3" ]; do
      local deeper=()
      for entry in "\${entries[@]}"; do
        if [ -d "$entry" ] && [ ! -L "$entry" ]; then deeper+=("$entry"/*); fi
      done
      entries=("\${deeper[@]}")
      level=$((level + 1))
    done
  fi
  for entry in "\${entries[@]}"; do
    if [ -e "$2/\${entry##*/}" ]; then cp -a "$entry" "$2"; else mv "$entry" "$2"; fi
  done
  shopt -u dotglob nullglob
  rm -rf "$top"
}
`;

const COPY = `copy() {
  mkdir -p "$2"
  if [ -d "$1" ]; then cp -a "$1/." "$2"; else cp -a "$1" "$2"; fi
}
`;
