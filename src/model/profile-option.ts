import type { ProfileName } from "./ids.ts";

/** What a command line needs behind its words to mean the same profile: ` -p work`. */
export function profileOption(profile: ProfileName): string {
  return profile === "default" ? "" : ` -p ${profile}`;
}
