import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTemplate, parseTemplate, type TemplatePart, versionForm } from "../../../src/model/recipe/template.ts";

describe("parseTemplate", () => {
  test("reads texts and references, with their places", () => {
    expect(parseTemplate("--with-gmp={{deps.gmp}} {{ version }}}} {{{{x #{{{out}}}")).toEqual({
      parts: [
        { kind: "text", text: "--with-gmp=" },
        { kind: "reference", name: "deps.gmp", at: 13 },
        { kind: "text", text: " " },
        { kind: "reference", name: "version", at: 27 },
        { kind: "text", text: "}} {{x #{" },
        { kind: "reference", name: "out", at: 50 },
        { kind: "text", text: "}" },
      ],
      faults: [],
    });
  });

  test.each(["", "plain", "a } b { c", "}}", "$(x)"])("takes '%s' as it is", (text) => {
    expect(parseTemplate(text)).toEqual({ parts: text === "" ? [] : [{ kind: "text", text }], faults: [] });
  });

  test.each([
    ["{{verison}}", 2, "version"],
    ["x{{ versin.major }}", 4, "version.major"],
    ["{{dep.gmp}}", 2, "deps.gmp"],
    ["{{dependencies.gmp}}", 2, "deps.gmp"],
    ["{{option.static}}", 2, "options.static"],
    ["{{deps}}", 2, undefined],
    ["{{}}", 2, undefined],
    ["{{deps.a b}}", 2, undefined],
    ["a {{version", 2, undefined],
    ["{{{verison}}", 3, "version"],
  ])("refuses %s at %i", (text, offset, suggestion) => {
    const { faults } = parseTemplate(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ offset });
    expect(faults[0]?.suggestion).toBe(suggestion);
  });

  test("finds every mistake", () => {
    expect(parseTemplate("{{a}} {{version}} {{b}} {{c").faults.map(({ offset }) => offset)).toEqual([2, 20, 24]);
  });

  test("reads back what formatTemplate writes", () => {
    const text = fc.string({ unit: fc.constantFrom("a", " ", "{", "}", "{{", "}}", "\n"), minLength: 1, maxLength: 8 });
    const name = fc.constantFrom("version", "deps.libstdc++", "options.x", "out", "platform.os");
    const part = fc.oneof(
      text.map((each): TemplatePart => ({ kind: "text", text: each })),
      name.map((each): TemplatePart => ({ kind: "reference", name: each, at: 0 })),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const again = parseTemplate(formatTemplate(parts));
        expect(again.faults).toEqual([]);
        expect(joined(again.parts)).toEqual(joined(parts));
      }),
    );
  });

  test("never crashes and loses no text", () => {
    const unit = fc.constantFrom("{", "}", "{{", "}}", "version", "deps.", " ", "x");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
        const { parts, faults } = parseTemplate(text);
        if (faults.length === 0) expect(parseTemplate(formatTemplate(parts)).faults).toEqual([]);
      }),
    );
  });
});

describe("versionForm", () => {
  test.each([
    ["1.83.0", "major", "1"],
    ["1.83.0", "majorMinor", "1.83"],
    ["1.83.0", "underscored", "1_83_0"],
    ["1.83.0", "dashed", "1-83-0"],
    ["9e", "major", "9e"],
    ["9e", "majorMinor", "9e"],
    ["3.13.0rc1", "majorMinor", "3.13"],
    ["20240101", "majorMinor", "20240101"],
    ["1.0", "minor", undefined],
  ])("of %s, %s is %s", (version, form, expected) => {
    expect(versionForm(version, form)).toBe(expected);
  });
});

/** Neighbouring texts joined, places left out. */
function joined(parts: readonly TemplatePart[]): string[] {
  const result: string[] = [];
  let wasText = false;
  for (const part of parts) {
    if (part.kind === "text" && wasText) result.push((result.pop() ?? "") + part.text);
    else result.push(part.kind === "text" ? part.text : `<${part.name}>`);
    wasText = part.kind === "text";
  }
  return result;
}
