import fc from "fast-check";

/** The packages that a random history is made of: two versions of five names, which meet in few paths. */
export const CATALOGUE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a-1": { "bin/a": "a1", "share/doc": "doc", "etc/x": "a" },
  "a-2": { "bin/a": "a2", "share/doc": "doc" },
  "b-1": { "bin/b": "b1", "share/doc": "doc" },
  "b-2": { "bin/b": "b2", "share/doc": "other", "bin/a": "b's a" },
  "c-1": { "lib/c/c1": "c" },
  "c-2": { "lib/c/c2": "c", "lib/d": "c's d" },
  "d-1": { "lib/d": "d", "etc/x": "d" },
  "d-2": {},
  "e-1": { "etc/x": "a", "lib/c/e": "e" },
  "e-2": { "etc/x": "e" },
};

export interface Item {
  readonly version: string;
  readonly priority: number;
}

export type Packages = ReadonlyMap<string, Item>;

/** What the rules of profiles say, in memory and as simple as can be. */
export interface Model {
  readonly generations: Map<number, { readonly parent: number | null; readonly packages: Packages }>;
  current: number;
  previous: number | undefined;
  last: number;
  readonly pins: Set<number>;
  /** What was live after each step. */
  readonly history: number[];
}

export type Action =
  | { readonly do: "install"; readonly names: readonly string[]; readonly priority: number | undefined }
  | { readonly do: "install-missing"; readonly names: readonly string[] }
  | { readonly do: "remove"; readonly names: readonly string[] }
  | { readonly do: "switch"; readonly number: number }
  | { readonly do: "back-and-forth" }
  | { readonly do: "rollback"; readonly steps: number }
  | { readonly do: "pin" | "unpin"; readonly number: number };

export type Expected = "changed" | "unchanged" | "CONFLICT" | "NOT_FOUND";

export function emptyModel(): Model {
  const generations = new Map([[0, { parent: null, packages: new Map() }]]);
  return { generations, current: 0, previous: undefined, last: 0, pins: new Set(), history: [] };
}

/** Carries an action out in the model; what comes of it. */
export function apply(model: Model, action: Action): Expected {
  const head = packagesOf(model);
  switch (action.do) {
    case "install": {
      const next = new Map(head);
      for (const each of action.names) {
        const [name, version] = each.split("-") as [string, string];
        next.set(name, { version, priority: action.priority ?? next.get(name)?.priority ?? 5 });
      }
      return change(model, next);
    }
    case "install-missing":
      return "NOT_FOUND";
    case "remove": {
      if (!action.names.every((name) => head.has(name))) return "NOT_FOUND";
      return change(model, new Map([...head].filter(([name]) => !action.names.includes(name))));
    }
    case "switch":
      return goTo(model, model.generations.has(action.number) ? action.number : undefined);
    case "back-and-forth":
      return goTo(model, model.previous);
    case "rollback": {
      let to: number | null = model.current;
      for (let step = 0; step < action.steps && to !== null; step++) to = model.generations.get(to)?.parent ?? null;
      return goTo(model, to ?? undefined);
    }
    case "pin":
    case "unpin": {
      if (!model.generations.has(action.number)) return "NOT_FOUND";
      const isPin = action.do === "pin";
      if (model.pins.has(action.number) === isPin) return "unchanged";
      if (isPin) model.pins.add(action.number);
      else model.pins.delete(action.number);
      return "changed";
    }
  }
}

export function packagesOf(model: Model): Packages {
  return model.generations.get(model.current)?.packages ?? new Map();
}

/** Contents by path; `undefined` where packages contradict each other. */
export function filesOf(packages: Packages): Record<string, string> | undefined {
  const claims = new Map<string, { readonly priority: number; readonly content: string }[]>();
  for (const [name, { version, priority }] of packages) {
    for (const [path, content] of Object.entries(CATALOGUE[`${name}-${version}`] ?? {}))
      claims.set(path, [...(claims.get(path) ?? []), { priority, content }]);
  }
  const files: Record<string, string> = {};
  for (const path of [...claims.keys()].sort()) {
    const all = claims.get(path) ?? [];
    const best = Math.min(...all.map(({ priority }) => priority));
    const contents = new Set(all.filter(({ priority }) => priority === best).map(({ content }) => content));
    if (contents.size > 1) return undefined;
    files[path] = String([...contents][0]);
  }
  return files;
}

function change(model: Model, packages: Packages): Expected {
  const text = (each: Packages) => JSON.stringify([...each].sort());
  if (text(packages) === text(packagesOf(model))) return "unchanged";
  if (filesOf(packages) === undefined) return "CONFLICT";
  model.last += 1;
  model.generations.set(model.last, { parent: model.current, packages });
  return goTo(model, model.last);
}

function goTo(model: Model, to: number | undefined): Expected {
  if (to === undefined) return "NOT_FOUND";
  if (to === model.current) return "unchanged";
  model.previous = model.current;
  model.current = to;
  return "changed";
}

const someKeys = fc.uniqueArray(fc.constantFrom(...Object.keys(CATALOGUE)), {
  minLength: 1,
  maxLength: 3,
  selector: (key) => key[0],
});
const someNames = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1, maxLength: 2 });
const anyNumber = fc.nat({ max: 8 });

export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("install" as const),
      names: someKeys,
      priority: fc.option(fc.integer({ min: 3, max: 6 }), { nil: undefined, freq: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("install-missing" as const), names: someKeys }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("remove" as const), names: someNames }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("switch" as const), number: anyNumber }) },
  { weight: 2, arbitrary: fc.constant({ do: "back-and-forth" as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("rollback" as const), steps: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("pin" as const, "unpin" as const), number: anyNumber }) },
);
