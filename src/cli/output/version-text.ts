import type { PackageSummary } from "../../model/change.ts";
import { printable } from "./printable.ts";

/** The version, with the options that were chosen: `6.4 +x11~docs`. */
export function versionText({ version, options }: Pick<PackageSummary, "version" | "options">): string {
  const chosen = Object.entries(options).map(([name, value]) =>
    typeof value === "boolean" ? `${value ? "+" : "~"}${name}` : `+${name}=${value}`,
  );
  return printable([version, chosen.join("")].filter((part) => part !== "").join(" "));
}
