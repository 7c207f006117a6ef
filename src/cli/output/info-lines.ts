import { formatCount } from "../../model/format-count.ts";
import { isJsonObject } from "../../model/json-object.ts";
import { formatSize } from "../../model/size.ts";
import type { BuildInfo, ObjectInfo, StoreInfo } from "../../operations/packages/info.ts";
import { formatLocalTime } from "./local-time.ts";
import { printable } from "./printable.ts";
import { formatDuration } from "./quantities.ts";
import { formatTable } from "./table.ts";

export function storeLines(info: StoreInfo): string[] {
  return pairs([
    ["root", info.root],
    ["objects in", info.storeDir],
    ["format", `${info.format}, width ${info.width}`],
    ["id", info.id],
    ["objects", String(info.objects)],
    ["profiles", info.profiles.join(", ") || "none"],
  ]);
}

export function objectLines(info: ObjectInfo): string[] {
  const { kind, ...origin } = info.origin;
  return pairs([
    ["path", info.present ? info.path : `${info.path} (missing)`],
    ["name", info.name],
    ["version", info.version],
    ["tree id", info.treeId],
    ["content", `${formatCount(info.files, "file")}, ${formatSize(info.size)}`],
    ["created", formatLocalTime(new Date(info.created))],
    ["origin", kind],
    ...Object.entries(origin).map(([name, value]) => [`  ${printable(name)}`, asText(value)] as const),
    ...(info.build ? buildRows(info.build) : []),
    ...info.references.map((reference, at) => [at === 0 ? "references" : "", reference] as const),
  ]);
}

function buildRows(build: BuildInfo): (readonly [name: string, value: string])[] {
  const { started, seconds, phases, peakMemoryBytes, host, log } = build;
  const duration = (value: number): string => formatDuration(1000 * value);
  const tools = Object.entries(isJsonObject(host) ? host : {});
  return [
    ["built", `${formatLocalTime(new Date(started))}, in ${duration(seconds)}`],
    ...Object.entries(phases).map(([phase, took]) => [`  ${printable(phase)}`, duration(took)] as const),
    ...(peakMemoryBytes === undefined ? [] : [["  peak memory", formatSize(peakMemoryBytes)] as const]),
    ["  log", printable(log)],
    ...tools.map(
      ([name, value], at) => [at === 0 ? "  host" : "", `${printable(name)}: ${asText(toolText(value))}`] as const,
    ),
  ];
}

/** Of a compiler its version line says it all. */
function toolText(value: unknown): unknown {
  return isJsonObject(value) && typeof value.version === "string" ? value.version : value;
}

function asText(value: unknown): string {
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}

function pairs(rows: readonly (readonly [name: string, value: string])[]): string[] {
  return formatTable(rows.map(([name, value]) => [{ text: name }, { text: value }]));
}
