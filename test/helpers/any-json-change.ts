import fc from "fast-check";

/** Values that a reader of records should not be surprised by. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  Number.MAX_SAFE_INTEGER + 1,
  "",
  "x".repeat(5000),
  "../../x",
  "/",
  "\u0000\u001b[31m\n",
  "\ud800",
  "__proto__",
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { __proto__: null, constructor: "x", toString: 1 },
  "-1",
  "1e5",
  "gen-1",
  "2026-99-99T99:99:99.999Z",
];

/** JSON texts made from one by giving some of its members other values, by leaving some out and by adding some. */
export function anyJsonChange(seed: unknown): fc.Arbitrary<string> {
  const step = fc.record({
    place: fc.nat(),
    how: fc.constantFrom("replace", "replace", "remove", "add", "wrap" as const),
    value: fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 3 })),
    name: fc.oneof(fc.constantFrom("__proto__", "constructor", "crit", "v", "format"), fc.string({ maxLength: 6 })),
  });
  return fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => {
    let root: unknown = structuredClone(seed);
    for (const { place, how, value, name } of steps) {
      const holders = [...holdersIn({ root })];
      const { holder, key } = holders[place % holders.length] as Holder;
      if (how === "remove" && Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (how === "remove") delete holder[key];
      else if (how === "wrap") holder[key] = [holder[key]];
      else if (how === "replace") holder[key] = value;
      else addTo(holder[key], name, value);
      root = holders[0]?.holder.root;
    }
    return JSON.stringify(root) ?? "";
  });
}

interface Holder {
  // biome-ignore lint/suspicious/noExplicitAny: any JSON value is what this is about
  readonly holder: any;
  readonly key: string;
}

function* holdersIn(holder: Holder["holder"]): Iterable<Holder> {
  for (const key of Object.keys(holder)) {
    yield { holder, key };
    if (typeof holder[key] === "object" && holder[key] !== null) yield* holdersIn(holder[key]);
  }
}

function addTo(target: unknown, name: string, value: unknown): void {
  if (typeof target !== "object" || target === null) return;
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
