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
