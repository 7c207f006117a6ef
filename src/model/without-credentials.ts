/**
 * Text in which no URL has a user name or password any more; the rest stays as it is. What a person mistyped counts, too:
 * other schemes, backslashes, a port that is none, slashes that a path lost. Whether it is a URL at all need not be known,
 * so that this holds for every text that is shown or kept.
 */
export function withoutCredentials(text: string, { shown = "" }: { readonly shown?: string } = {}): string {
  return text.includes("@") ? text.replace(CREDENTIALS, (_, before: string) => `${before}${shown}`) : text;
}

/** JSON in which that is so for every text. */
export function jsonWithoutCredentials(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "string" ? withoutCredentials(item) : item));
}

/** Before a host, URLs of the web take any number of slashes, or none; those of other schemes take two. */
const WEB = String.raw`(?<![a-z0-9])(?:https?|ftp|wss?):[/\\]*`;
const OTHER = String.raw`(?<![a-z0-9])[a-z][a-z0-9+.-]{0,31}:(?:[/\\]{2}|\\{4})`;
/** A path of such a text has one slash left. There only what has a colon is taken for a user name and password. */
const PATH = String.raw`(?<![a-z0-9])[a-z][a-z0-9+.-]{0,31}:[/\\](?=[^/\\?#\s@:]+:[^/\\?#\s@]*@)`;
/** Up to the host; behind a colon with no port behind it also a password with a slash in it that should be escaped. */
const USER = String.raw`(?:[^/\\?#\s]*@|[^/\\?#\s@:[\]]+:(?!\d*(?:[/\\?#\s'"]|$))[^\s'"]*@)`;
const CREDENTIALS = new RegExp(`(${WEB}|${OTHER}|${PATH})${USER}`, "gi");
