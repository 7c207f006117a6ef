import fc from "fast-check";

type Members = Readonly<Record<string, unknown>>;

/** JSON texts that are a record with something wrong or odd in it: a member left out, replaced, or all of it random. */
export function anyDamage(record: Members): fc.Arbitrary<string> {
  const member = fc.constantFrom(...Object.keys(record));
  return fc.oneof(
    fc.json(),
    fc.string(),
    fc.tuple(member, fc.jsonValue()).map(([name, value]) => JSON.stringify({ ...record, [name]: value })),
    member.map((name) => JSON.stringify(Object.fromEntries(Object.entries(record).filter(([key]) => key !== name)))),
    fc.nat(400).map((length) => JSON.stringify(record).slice(0, length)),
  );
}
