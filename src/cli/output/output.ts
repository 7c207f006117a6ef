import { jsonWithoutCredentials, withoutCredentials } from "../../model/without-credentials.ts";
import type { LockHolder } from "../../system/lock.ts";
import type { Terminal } from "../terminal.ts";
import { printable, printableJson } from "./printable.ts";
import type { Sink } from "./sink.ts";
import { createStyle, type Style } from "./style.ts";

/** What a program is told of an error. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Everything that a command has to say; what it says beside its result holds no user name and password of a URL. */
export interface Output {
  /** What was asked for: JSON, or lines for a person, which hold no text from outside that is not `printable`. */
  result(value: unknown, lines: (style: Style) => readonly string[]): void;
  /** Text that is the result itself, as it is: a script, help. */
  text(text: string): void;
  /** One line on stderr that a person may like to know. */
  note(line: (style: Style) => string): void;
  warning(message: string, hint?: string): void;
  waiting(holder: LockHolder | undefined): void;
  error(report: ErrorReport): void;
  /** Something that is done while the work goes on; as JSON it is `value` on a line of its own. */
  done(value: unknown, line: (style: Style) => string): void;
  /** What was asked for with --verbose or --debug. */
  trace(text: string): void;
}

export interface OutputOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly terminal: Terminal;
}

export function createOutput(sink: Sink, { isJson, isQuiet, terminal }: OutputOptions): Output {
  const style = (stream: "stdout" | "stderr") => createStyle({ ...terminal[stream], hasUnicode: terminal.hasUnicode });
  const tell = (text: string) => sink.write("stderr", `${text}\n`);
  const tellJson = (value: unknown) => tell(printableJson(jsonWithoutCredentials(value)));
  const tellPerson = (mark: "error" | "warning", message: string, hint: string | null | undefined) => {
    const { paint } = style("stderr");
    tell(`${paint(mark, `${mark}:`)} ${printable(withoutCredentials(message), { lines: true })}`);
    if (hint) tell(`${paint("faint", "hint:")} ${printable(withoutCredentials(hint), { lines: true })}`);
  };
  return {
    result(value, lines) {
      sink.endStatus();
      if (isJson)
        sink.write("stdout", `${printableJson(JSON.stringify(value, null, terminal.stdout.isTerminal ? 2 : 0))}\n`);
      else
        sink.write(
          "stdout",
          lines(style("stdout"))
            .map((line) => `${line}\n`)
            .join(""),
        );
    },
    text: (text) => sink.write("stdout", text),
    note(line) {
      sink.endStatus();
      if (!isJson && !isQuiet) tell(line(style("stderr")));
    },
    warning(message, hint) {
      if (isQuiet) return;
      if (isJson) tellJson({ warning: { message, hint: hint ?? null } });
      else tellPerson("warning", message, hint);
    },
    waiting(holder) {
      if (isQuiet) return;
      if (isJson) tellJson({ waiting: holder ?? null });
      else tell(style("stderr").paint("faint", waitingLine(holder)));
    },
    done(value, line) {
      if (isJson) tellJson(value);
      else if (!isQuiet) tell(line(style("stderr")));
    },
    error(report) {
      sink.endStatus();
      if (isJson) tellJson({ error: report });
      else tellPerson("error", report.message, report.hint);
    },
    trace: (text) => tell(style("stderr").paint("faint", printable(text, { lines: true }))),
  };
}

function waitingLine(holder: LockHolder | undefined): string {
  if (!holder) return "waiting for another process that is using the store …";
  return `waiting for process ${holder.pid} (${printable(holder.command)}), which is using the store …`;
}
