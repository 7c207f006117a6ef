/** What `store COMMAND --help` says that a value has: `{a, b?, c[{d}], e: {f}}`. */
export interface Shape {
  readonly kind: "array" | "object" | "any";
  /** Of an array. */
  readonly items?: Shape;
  /** Of an object, by their names; one that ends with `?` need not be there. */
  readonly members?: ReadonlyMap<string, { readonly shape: Shape; readonly optional: boolean }>;
  /** There are more members than are named. */
  readonly open?: boolean;
}

const ANY: Shape = { kind: "any" };

/** Reads the shape that stands behind `before` in a text. */
export function readShape(text: string, before = ""): Shape {
  const at = text.indexOf(before);
  if (at === -1) throw new Error(`'${before}' is not in: ${text}`);
  const place = { text, at: at + before.length };
  return shapeAt(place);
}

interface Place {
  readonly text: string;
  at: number;
}

function shapeAt(place: Place): Shape {
  if (take(place, "[")) {
    const items = place.text[place.at] === "]" ? ANY : shapeAt(place);
    expectNext(place, "]");
    return { kind: "array", items };
  }
  if (take(place, "{")) return objectAt(place);
  const word = /^[^,\]};]*/.exec(place.text.slice(place.at))?.[0] ?? "";
  place.at += word.length;
  return ANY;
}

function objectAt(place: Place): Shape {
  const members = new Map<string, { shape: Shape; optional: boolean }>();
  let open = false;
  while (!take(place, "}")) {
    take(place, ",");
    take(place, " ");
    if (take(place, "…")) {
      open = true;
      continue;
    }
    const name = /^\w+/.exec(place.text.slice(place.at))?.[0];
    if (name === undefined) {
      if (take(place, "}")) break;
      throw new Error(`no member at: ${place.text.slice(place.at)}`);
    }
    place.at += name.length;
    const optional = take(place, "?");
    take(place, ": ");
    const next = place.text[place.at] ?? "";
    members.set(name, { shape: next === "," || next === "}" ? ANY : shapeAt(place), optional });
  }
  return { kind: "object", members, open: open || members.size === 0 };
}

function take(place: Place, token: string): boolean {
  if (!place.text.startsWith(token, place.at)) return false;
  place.at += token.length;
  return true;
}

function expectNext(place: Place, token: string): void {
  if (!take(place, token)) throw new Error(`'${token}' is missing before: ${place.text.slice(place.at)}`);
}

/** Members that a value lacks or has beyond its shape, with their paths. */
export function differences(value: unknown, shape: Shape, path = ""): string[] {
  if (shape.kind === "any") return [];
  if (shape.kind === "array") {
    if (!Array.isArray(value)) return [`${path} is no array`];
    return [...new Set(value.flatMap((item) => differences(item, shape.items ?? ANY, `${path}[]`)))];
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is no object`];
  const given = value as Readonly<Record<string, unknown>>;
  const members = [...(shape.members ?? [])];
  return [
    ...members.filter(([name, { optional }]) => !optional && !(name in given)).map(([name]) => `- ${path}.${name}`),
    ...Object.keys(given)
      .filter((name) => !shape.open && !shape.members?.has(name))
      .map((name) => `+ ${path}.${name}`),
    ...members.flatMap(([name, member]) =>
      name in given ? differences(given[name], member.shape, `${path}.${name}`) : [],
    ),
  ];
}
