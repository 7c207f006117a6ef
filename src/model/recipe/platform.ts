import { StoreError } from "../../errors.ts";
import { nearest } from "../nearest.ts";

export const SYSTEMS = ["linux", "darwin", "freebsd", "openbsd", "sunos", "aix"] as const;
export const ARCHITECTURES = [
  "x86_64",
  "aarch64",
  "armv7l",
  "i686",
  "loongarch64",
  "mips",
  "mipsel",
  "ppc64",
  "ppc64le",
  "riscv64",
  "s390x",
] as const;

/** What a recipe calls the machine it builds for; the names are those of `uname`. */
export interface Platform {
  readonly os: (typeof SYSTEMS)[number];
  readonly arch: (typeof ARCHITECTURES)[number];
}

const ARCHITECTURE_OF_NODE: ReadonlyMap<string, Platform["arch"]> = new Map([
  ["x64", "x86_64"],
  ["arm64", "aarch64"],
  ["arm", "armv7l"],
  ["ia32", "i686"],
  ["loong64", "loongarch64"],
]);

/**
 * The platform as Node names it: `process.platform`, `process.arch`, and `os.endianness()` to tell ppc64le from ppc64.
 * @throws StoreError UNSUPPORTED
 */
export function platformOf(node: {
  readonly platform: string;
  readonly arch: string;
  readonly endianness?: "LE" | "BE";
}): Platform {
  const name = node.arch === "ppc64" && node.endianness === "LE" ? "ppc64le" : node.arch;
  const os = SYSTEMS.find((known) => known === node.platform);
  const arch = ARCHITECTURE_OF_NODE.get(name) ?? ARCHITECTURES.find((known) => known === name);
  if (os !== undefined && arch !== undefined) return { os, arch };
  throw new StoreError("UNSUPPORTED", `recipes have no name for the platform ${node.platform} on ${node.arch}`, {
    hint: `Known are ${SYSTEMS.join(", ")} on ${ARCHITECTURES.join(", ")}.`,
  });
}

/** Every way to name platforms in a recipe: `linux`, `x86_64`, `linux-x86_64`. */
export function platformPatterns(): readonly string[] {
  return [...SYSTEMS, ...ARCHITECTURES, ...SYSTEMS.flatMap((os) => ARCHITECTURES.map((arch) => `${os}-${arch}`))];
}

/** What was probably meant by a word that names no platform: `macos`, `arm64-linux`, `x86-64`. */
export function suggestPlatform(word: string): string | undefined {
  const lower = word.toLowerCase();
  const os = OTHER_WORDS.find(([pattern, name]) => pattern.test(lower) && SYSTEMS.some((known) => known === name));
  const arch = OTHER_WORDS.find(
    ([pattern, name]) => pattern.test(lower) && ARCHITECTURES.some((known) => known === name),
  );
  return [os?.[1], arch?.[1]].filter((part) => part !== undefined).join("-") || nearest(lower, platformPatterns());
}

/** Other words for platforms, or parts of them. */
const OTHER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/linux/, "linux"],
  [/darwin|mac|osx/, "darwin"],
  [/freebsd/, "freebsd"],
  [/amd64|x64|x86.64/, "x86_64"],
  [/arm64|aarch64/, "aarch64"],
  [/i[3-6]86|ia32/, "i686"],
];

/** Whether one of the patterns is or includes the platform; no patterns at all include every platform. */
export function includesPlatform(patterns: readonly string[], { os, arch }: Platform): boolean {
  return patterns.length === 0 || patterns.some((pattern) => [os, arch, `${os}-${arch}`].includes(pattern));
}
