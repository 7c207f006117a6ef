import { StoreError } from "../../errors.ts";
import { type ByteString, toEscaped } from "../byte-string.ts";
import { HIGHEST_PRIORITY } from "../check-number.ts";
import type { BaseName, ProfileName } from "../ids.ts";
import type { ForestPackage } from "./forest-package.ts";
import type { TreeEntry } from "./tree-reader.ts";

/** A path of a forest for which packages of one priority have different things. */
export interface Conflict {
  readonly path: ByteString;
  /** Two or more, in the order of their base names. */
  readonly contenders: readonly { readonly package: ForestPackage; readonly kind: TreeEntry["kind"] }[];
}

export interface ConflictContext {
  /** All packages of the forest. */
  readonly packages: readonly ForestPackage[];
  /** Named in the commands when given. */
  readonly profile?: ProfileName;
  /** What a person types after `store install` to get a package, quoted for a shell; its name by default. */
  readonly specOf?: (each: ForestPackage) => string;
  /** Whether the profile has it already, so that it can be removed; any other one can only be left out. By default it has. */
  readonly isInstalled?: (each: ForestPackage) => boolean;
  /** Whether the command gives its packages a priority: run again with that, it would undo what the hint says. */
  readonly givesPriority?: boolean | undefined;
}

/**
 * The error for a plan with conflicts: code CONFLICT. The message lists every path under the packages that contend for
 * it, the hint has for each package the command that lets it win and the one that leaves it out. The details are
 * `{conflicts: [{path, packages: [{name, baseName, priority, kind}]}], commands: [{name, baseName, prefer, remove}]}`
 * with escaped paths; `remove` is null for a package that is not installed yet.
 */
export function conflictError(conflicts: readonly Conflict[], context: ConflictContext): StoreError {
  const commands = contendersOf(conflicts).map((each) => commandsFor(each, context));
  const again = `run the command again${context.givesPriority ? " without --priority" : ""}`;
  const message = groupByContenders(conflicts).map((group) => describeGroup(group, context));
  return new StoreError("CONFLICT", message.join("\n"), {
    hint: [
      `Let one package win, or leave one out, and ${again}:`,
      ...commands.map(({ prefer, remove }) => `  ${prefer}    or    ${remove ?? "leave it out"}`),
    ].join("\n"),
    details: { conflicts: conflicts.map(conflictAsJson), commands },
  });
}

function groupByContenders(conflicts: readonly Conflict[]): readonly (readonly [Conflict, ...Conflict[]])[] {
  const groups = new Map<string, [Conflict, ...Conflict[]]>();
  for (const conflict of conflicts) {
    const key = conflict.contenders.map((each) => each.package.baseName).join("/");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [conflict]);
    else group.push(conflict);
  }
  return [...groups.values()];
}

function describeGroup(group: readonly [Conflict, ...Conflict[]], { packages }: ConflictContext): string {
  const labels = group[0].contenders.map((each) => labelOf(each.package, packages));
  const [last, ...before] = labels.toReversed();
  const lines = group.map((conflict) => `  ${toEscaped(conflict.path)}${describeKinds(conflict, labels)}`);
  return [`${before.toReversed().join(", ")} and ${last} have different content at`, ...lines].join("\n");
}

/** Said only where it explains the conflict. */
function describeKinds({ contenders }: Conflict, labels: readonly string[]): string {
  if (contenders.every(({ kind }) => kind === contenders[0]?.kind)) return "";
  return ` (${contenders.map(({ kind }, at) => `${labels[at]}: ${kind === "link" ? "symlink" : kind}`).join(", ")})`;
}

function contendersOf(conflicts: readonly Conflict[]): readonly ForestPackage[] {
  const contenders = new Map<BaseName, ForestPackage>();
  for (const conflict of conflicts) {
    for (const each of conflict.contenders) contenders.set(each.package.baseName, each.package);
  }
  return [...contenders.values()];
}

function commandsFor(each: ForestPackage, context: ConflictContext) {
  const { packages, profile } = context;
  const label = labelOf(each, packages);
  const spec = context.specOf?.(each) ?? label;
  const suffix = profile === undefined ? "" : ` --profile ${profile}`;
  return {
    name: each.name,
    baseName: each.baseName,
    prefer: `store install ${spec} ${winningOption(each, packages)}${suffix}`,
    remove: (context.isInstalled?.(each) ?? true) ? `store remove ${label}${suffix}` : null,
  };
}

/**
 * The next priority that lets a package win each of its conflicts, whose contenders all have its present one. One that
 * another package has is passed over: the two could meet elsewhere and conflict there. Where there is none left,
 * `overwrite` changes those of others.
 */
function winningOption({ priority }: ForestPackage, packages: readonly ForestPackage[]): string {
  const taken = new Set(packages.map((each) => each.priority));
  let candidate = Math.min(priority - 1, HIGHEST_PRIORITY);
  while (taken.has(candidate)) candidate -= 1;
  return candidate < 0 ? "--force=overwrite" : `--priority ${candidate}`;
}

/** The package's name, with its version when another one has the same name. */
function labelOf({ name, baseName }: ForestPackage, packages: readonly ForestPackage[]): string {
  const isUnique = packages.every((each) => each.name !== name || each.baseName === baseName);
  return isUnique ? name : `${name}@${baseName.slice(32 + 1 + name.length + 1)}`;
}

function conflictAsJson({ path, contenders }: Conflict) {
  const packages = contenders.map(({ package: { name, baseName, priority }, kind }) => ({
    name,
    baseName,
    priority,
    kind,
  }));
  return { path: toEscaped(path), packages };
}
