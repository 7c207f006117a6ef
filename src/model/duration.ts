/** `90` (seconds), `45m`, `1h30m`, `2d`: whole numbers from 1, the larger units first. */
export const DURATION = /^(?=.)(?:[1-9][0-9]{0,2}d)?(?:[1-9][0-9]{0,3}h)?(?:[1-9][0-9]{0,5}m)?(?:[1-9][0-9]{0,7}s?)?$/;

const UNITS: ReadonlyMap<string, number> = new Map(Object.entries({ d: 86_400, h: 3600, m: 60, s: 1 }));

/** The seconds of a duration; `undefined` for what is none. */
export function secondsOf(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  return [...text.matchAll(/([0-9]+)([dhm]?)/g)].reduce(
    (seconds, [, count, unit = ""]) => seconds + Number(count) * (UNITS.get(unit) ?? 1),
    0,
  );
}
