import { type BaseName, isBaseName } from "./ids.ts";
import { isJsonObject } from "./json-object.ts";

/** Who holds a lease, and since when (UTC, RFC 3339). */
export interface LeaseHolder {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process; with `boot` it tells the process from a later one with its pid. */
  readonly started: number | undefined;
  readonly boot: string | undefined;
  readonly command: string;
  readonly since: string;
}

/** What a lease's file tells: a line for the holder, then one for each object, and one when it was given back. */
export interface LeaseText {
  readonly holder: LeaseHolder | undefined;
  readonly objects: readonly BaseName[];
  /** Its end is told in the file, which keeps its name: who lists leases just then would miss a file that is renamed. */
  readonly isReleased: boolean;
}

/** The line of a lease that was given back. */
export const RELEASED_LINE = "released";

export function printLeaseHolder(holder: LeaseHolder): string {
  return `${JSON.stringify({ format: 1, ...holder })}\n`;
}

/** A line that is being written, or was cut off, counts for nothing. */
export function parseLease(text: string): LeaseText {
  const [first = "", ...lines] = text.split("\n").slice(0, -1);
  return { holder: parseHolder(first), objects: lines.filter(isBaseName), isReleased: lines.includes(RELEASED_LINE) };
}

function parseHolder(line: string): LeaseHolder | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value) || typeof value.pid !== "number") return undefined;
    const { pid, started, boot, command, since } = value;
    return {
      pid,
      started: typeof started === "number" ? started : undefined,
      boot: typeof boot === "string" ? boot : undefined,
      command: String(command ?? ""),
      since: String(since ?? ""),
    };
  } catch {
    return undefined;
  }
}
