import type { ListedPackage } from "../../model/change.ts";
import { printable } from "./printable.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";
import { versionText } from "./version-text.ts";

/** A table of packages: name, version, and what each was installed from. */
export function packageLines(packages: readonly ListedPackage[], { paint }: Style): string[] {
  return formatTable(
    packages.map((item) => [
      { text: item.name, paint: (text) => paint("strong", text) },
      { text: versionText(item) },
      { text: printable(item.requested), paint: (text) => paint("faint", text) },
    ]),
  );
}
