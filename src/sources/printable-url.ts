import { withoutCredentials } from "../model/without-credentials.ts";

/**
 * The URL as text without user name, password and fragment: as it stands in messages and records. Of what is no URL only
 * user name and password are left out.
 */
export function printableUrl(url: URL | string): string {
  if (typeof url === "string" && !URL.canParse(url)) return withoutCredentials(url);
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  copy.hash = "";
  return copy.href;
}
