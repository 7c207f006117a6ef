/** The URL as text without user name, password and fragment: as it stands in messages and records. */
export function printableUrl(url: URL | string): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  copy.hash = "";
  return copy.href;
}
