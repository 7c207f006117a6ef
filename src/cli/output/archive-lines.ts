import { formatSize } from "../../model/size.ts";
import type { ListedArchive } from "../../operations/archives/archives.ts";
import { formatLocalTime } from "./local-time.ts";
import { formatTable } from "./table.ts";

/** One line for each packed object: when it was packed, its size, and what speaks for keeping it. */
export function archiveLines(archived: readonly ListedArchive[]): string[] {
  return formatTable(
    archived.map(({ path, size, packed, present, needed }) => [
      { text: formatLocalTime(new Date(packed)) },
      { text: formatSize(size), align: "right" },
      { text: needed ? "needed" : "" },
      { text: present ? "" : "only here" },
      { text: path },
    ]),
  );
}
