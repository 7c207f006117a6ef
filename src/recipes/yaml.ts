import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
  stringify,
  type YAMLMap,
} from "yaml";
import { type Finding, findingAt } from "../model/recipe/finding.ts";
import type { Place, Where } from "../model/recipe/place.ts";
import type { Entry, ScalarTree, Tree } from "./tree.ts";

/** Limits that no honest recipe comes near: characters, levels, and nodes after aliases are expanded. */
const MAX_LENGTH = 256 * 1024;
const MAX_DEPTH = 32;
const MAX_NODES = 20_000;
const LIMITS = `${MAX_DEPTH} levels and ${MAX_NODES} values`;
const MAX_SYNTAX_FINDINGS = 20;

/** Reads one YAML 1.2 document (core schema); the tree is there when there are no findings. */
export function parseYaml(text: string, file: string): { readonly tree?: Tree; readonly findings: readonly Finding[] } {
  const start: Place = { file, line: 1, column: 1 };
  const refuse = (message: string) => ({ findings: [findingAt(start, "syntax", { message })] });
  if (text.length > MAX_LENGTH) return refuse(`a recipe has at most ${MAX_LENGTH} characters`);
  const lines = new LineCounter();
  const tokens = tokensOf(text, lines);
  if (tokens === undefined) return refuse(`a recipe has at most ${LIMITS}`);
  const documents = [...new Composer(COMPOSING).compose(tokens, true, text.length)];
  const reading: Reading = {
    text,
    file,
    lines,
    findings: [],
    anchors: new Map(),
    nodes: 0,
    deepest: 0,
    isTooLarge: false,
  };
  for (const document of documents) reportErrors(document, reading);
  if (documents.length > 1)
    report(reading, documents[1]?.range[0] ?? 0, { message: "a recipe is a single YAML document" });
  if (reading.findings.length > 0) return { findings: reading.findings };
  const tree = convert((documents[0] as Document.Parsed).contents, reading, 0);
  return reading.findings.length > 0 ? { findings: reading.findings } : { tree, findings: [] };
}

/** `text` as a YAML scalar, quoted where it must be. */
export function toYamlScalar(text: string): string {
  return stringify(text, { lineWidth: 0, defaultStringType: "PLAIN" }).trimEnd();
}

/** Duplicate keys are found while converting: the library compares each key with each other one. */
const COMPOSING = { version: "1.2", schema: "core", prettyErrors: false, uniqueKeys: false, merge: false } as const;

interface Reading {
  readonly text: string;
  readonly file: string;
  readonly lines: LineCounter;
  readonly findings: Finding[];
  readonly anchors: Map<string, { readonly tree: Tree; readonly nodes: number; readonly height: number }>;
  /** How many nodes were read, and the depth of the deepest one. */
  nodes: number;
  deepest: number;
  isTooLarge: boolean;
}

/**
 * The tokens of `text`, or `undefined` when they nest too deeply for the composer, which recurses: a stack that runs full
 * inside a regular expression ends the process.
 */
function tokensOf(text: string, lines: LineCounter): readonly CST.Token[] | undefined {
  try {
    const tokens = [...new Parser(lines.addNewLine).parse(text)];
    return isModest(tokens) ? tokens : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isModest(tokens: readonly CST.Token[]): boolean {
  let count = 0;
  let level = tokens;
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length;
    if (depth > MAX_DEPTH + 1 || count > 3 * MAX_NODES) return false;
    level = level.flatMap(childrenOf);
  }
  return true;
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  const children: CST.Token[] = [];
  if (token.type === "document" && token.value) children.push(token.value);
  if ("items" in token) {
    for (const { key, value } of token.items) {
      if (key) children.push(key);
      if (value) children.push(value);
    }
  }
  return children;
}

function reportErrors(document: Document.Parsed, reading: Reading): void {
  for (const { message, pos } of [...document.errors, ...document.warnings]) {
    const { line, column } = placeOf(pos[0], reading);
    const isKnown = reading.findings.some((finding) => finding.line === line && finding.column === column);
    if (!isKnown && reading.findings.length < MAX_SYNTAX_FINDINGS) report(reading, pos[0], explain(message));
  }
}

/** Says what to do where the library only says what it met. */
function explain(message: string): { message: string; suggestion?: string } {
  const header = /^Block scalar header includes extra characters: (.*)$/s.exec(message)?.[1];
  if (header !== undefined)
    return { message: "a value that starts with '>' or '|' needs quotes", suggestion: `"${header}"` };
  const character = /^Plain value cannot start with .* (\S+)$/.exec(message)?.[1];
  if (character !== undefined) return { message: `a value that starts with '${character}' needs quotes` };
  if (/^Nested mappings/.test(message)) {
    return { message: "a ': ' inside a value needs quotes, unless the next line is indented too far" };
  }
  if (/^(?:Missing , or : between flow|Unexpected \S+ at node end)/.test(message)) {
    return {
      message:
        "a value that goes on after quotes, or has one of [ ] { } inside a list or mapping in them, needs quotes around it",
    };
  }
  return { message: `this is not YAML: ${message}` };
}

function convert(node: ParsedNode | null, reading: Reading, depth: number): Tree {
  const offset = node?.range[0] ?? 0;
  if (isAlias(node)) return convertAlias(node.source, offset, { reading, depth });
  if (!isWithinLimits(reading, offset, { nodes: 1, depth })) return emptyAt(placeOf(offset, reading));
  const { nodes, deepest } = reading;
  reading.deepest = depth;
  const tree = convertContent(node, reading, depth);
  const { anchor, tag } = node ?? {};
  if (tag && !KNOWN_TAG.test(tag)) report(reading, offset, { message: `the tag '${tag}' has no meaning in a recipe` });
  if (anchor) reading.anchors.set(anchor, { tree, nodes: reading.nodes - nodes + 1, height: reading.deepest - depth });
  reading.deepest = Math.max(deepest, reading.deepest);
  return tree;
}

function convertContent(node: ParsedNode | null, reading: Reading, depth: number): Tree {
  const at = placeOf(node?.range[0] ?? 0, reading);
  if (isScalar(node)) return convertScalar(node, reading);
  if (isSeq(node)) {
    return { kind: "list", items: node.items.map((item) => convert(item as ParsedNode, reading, depth + 1)), at };
  }
  return isMap(node) ? { kind: "mapping", entries: convertEntries(node, reading, depth), at } : emptyAt(at);
}

/** The tags of the core schema; the library knows further ones, such as `!!binary`, without being asked. */
const KNOWN_TAG = /^(?:!|tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq))$/;

/** An anchor is known once its node is read, so that a node can never hold itself. */
function convertAlias(name: string, offset: number, { reading, depth }: { reading: Reading; depth: number }): Tree {
  const target = reading.anchors.get(name);
  if (target === undefined) {
    report(reading, offset, { message: `there is no anchor '&${name}' before this alias` });
    return emptyAt(placeOf(offset, reading));
  }
  const isWithin = isWithinLimits(reading, offset, { nodes: target.nodes, depth: depth + target.height });
  return isWithin ? target.tree : emptyAt(placeOf(offset, reading));
}

/** Counts `nodes` that reach down to `depth`; says once when they are too many. */
function isWithinLimits(reading: Reading, offset: number, size: { nodes: number; depth: number }): boolean {
  reading.nodes += size.nodes;
  reading.deepest = Math.max(reading.deepest, size.depth);
  if (reading.nodes <= MAX_NODES && size.depth <= MAX_DEPTH) return true;
  if (!reading.isTooLarge) report(reading, offset, { message: `a recipe has at most ${LIMITS}` });
  reading.isTooLarge = true;
  return false;
}

function convertEntries(map: YAMLMap, reading: Reading, depth: number): readonly Entry[] {
  const entries = new Map<string, Entry>();
  for (const { key, value } of (map as YAMLMap.Parsed).items) {
    if (!isScalar(key)) {
      const message = "a key is a single word; a value that starts with '{' or '[' and is meant as text needs quotes";
      report(reading, key?.range[0] ?? 0, { message });
      continue;
    }
    const name = key.source ?? String(key.value);
    const at = placeOf(key.range[0], reading);
    const known = entries.get(name);
    if (known !== undefined) {
      report(reading, key.range[0], { message: `the key '${name}' is already given in line ${known.at.line}` });
    } else if (name === "<<") {
      report(reading, key.range[0], { message: "'<<' does not merge mappings here: use 'extends'" });
    }
    entries.set(name, { key: name, at, value: value ? convert(value, reading, depth + 1) : emptyAt(at) });
  }
  return [...entries.values()];
}

function convertScalar(scalar: Scalar.Parsed, reading: Reading): ScalarTree {
  const { value } = scalar;
  const text = typeof value === "string" ? value : (scalar.source ?? String(value));
  const plain = typeof value === "string" || typeof value === "boolean" || typeof value === "number" ? value : null;
  return { kind: "scalar", value: plain, text, where: whereOf(scalar, text, reading) };
}

/** The lines of a literal block each end where the lines of its value end; elsewhere only the start is certain. */
function whereOf(scalar: Scalar.Parsed, text: string, { text: source, file, lines }: Reading): Where {
  const { line, col } = lines.linePos(scalar.range[0]);
  if (scalar.type === "BLOCK_LITERAL") {
    const rows = text.split("\n").map((row, index) => {
      const end = lineEnd(source, lines.lineStarts[line + index]);
      return { line: line + 1 + index, column: Math.max(1, end - row.length + 1) };
    });
    return { file, lines: rows };
  }
  const isQuoted = scalar.type === "QUOTE_SINGLE" || scalar.type === "QUOTE_DOUBLE";
  return { file, lines: [{ line, column: isQuoted ? col + 1 : col }] };
}

/** The length of the line that starts at `start`, without its line end. */
function lineEnd(source: string, start: number | undefined): number {
  return start === undefined ? 0 : (/[^\r\n]*/y.exec(source.slice(start))?.[0].length ?? 0);
}

function emptyAt({ file, line, column }: Place): ScalarTree {
  return { kind: "scalar", value: null, text: "", where: { file, lines: [{ line, column }] } };
}

function placeOf(offset: number, { file, lines }: Reading): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
}

function report(reading: Reading, offset: number, fault: { message: string; suggestion?: string }): void {
  reading.findings.push(findingAt(placeOf(offset, reading), "syntax", fault));
}
