const POWERS = ["", "K", "M", "G", "T"] as const;

/** A number of bytes from 1: `500`, `500M` and `1GiB` count by 1024, `500MB` by 1000, as in GNU coreutils. */
export function sizeOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([KMGT]?)(iB|B)?$/i.exec(text);
  if (!match) return undefined;
  const [, value = "", letter = "", ending = ""] = match;
  const power = POWERS.indexOf(letter.toUpperCase() as (typeof POWERS)[number]);
  const bytes = Math.round(Number(value) * (ending.toUpperCase() === "B" ? 1000 : 1024) ** power);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.2 MiB`, `812 B`. */
export function formatSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 100 ? 1 : 0)} ${UNITS[power]}`;
}
