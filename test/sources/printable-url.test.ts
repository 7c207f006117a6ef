import { expect, test } from "vitest";
import { printableUrl } from "../../src/sources/printable-url.ts";

test("credentials and fragment are left out", () => {
  expect(printableUrl("https://user:secret@h.org:8443/a?b=c#d")).toBe("https://h.org:8443/a?b=c");
  expect(printableUrl(new URL("ssh://git@h.org/x.git"))).toBe("ssh://h.org/x.git");
  expect(printableUrl("file:///a%20b")).toBe("file:///a%20b");
});
