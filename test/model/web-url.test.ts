import { expect, test } from "vitest";
import { checkPlace, checkPlaces, isWebUrl } from "../../src/model/web-url.ts";
import { caught } from "../helpers/caught.ts";

test.each(["https://h.org/a", "HTTP://us:pw@h:8080/", "http://[::1]/x", "/srv/a", "a b", "./http:x", "c:/x"])(
  "'%s' can be a place",
  (text) => {
    expect(() => checkPlace(text)).not.toThrow();
  },
);

test.each(["http://", "http://[bad", "http://us:pw@h:99999/ok", "ftp://us:pw@h/x", "file:///srv/a", "htp://h"])(
  "'%s' cannot, and is told without a password",
  (text) => {
    expect(isWebUrl(text)).toBe(false);
    const error = caught(() => checkPlaces("--repository", ["/srv", text]));
    expect(error).toMatchObject({ code: "INVALID_INPUT", hint: expect.stringContaining("https://") });
    expect(String(error)).toMatch(/--repository: '.+' is not an http URL/);
    expect(String(error)).not.toMatch(/us|pw/);
  },
);
