import { expect, test } from "vitest";
import { proxyFor } from "../../src/sources/proxy.ts";

const http = new URL("http://files.example.org/a");
const https = new URL("https://files.example.org/a");

test("each scheme has its proxy, in lower or upper case", () => {
  const env = { http_proxy: "http://p:1", HTTPS_PROXY: "http://p:2" };
  expect(proxyFor(http, env)).toBe("http://p:1");
  expect(proxyFor(https, env)).toBe("http://p:2");
  expect(proxyFor(http, { http_proxy: "http://lower", HTTP_PROXY: "http://upper" })).toBe("http://lower");
});

test("all_proxy serves where there is no other, and a scheme is added", () => {
  expect(proxyFor(https, { ALL_PROXY: "socks5://p:3", http_proxy: "http://p:1" })).toBe("socks5://p:3");
  expect(proxyFor(http, { http_proxy: "p:8080" })).toBe("http://p:8080");
});

test("without a variable, or with an empty one, the connection is direct", () => {
  expect(proxyFor(http, {})).toBeUndefined();
  expect(proxyFor(http, { http_proxy: "", https_proxy: "http://p:2" })).toBeUndefined();
});

test("HTTP_PROXY is not believed below a web server", () => {
  expect(proxyFor(http, { HTTP_PROXY: "http://evil", REQUEST_METHOD: "GET" })).toBeUndefined();
  expect(proxyFor(http, { http_proxy: "http://good", REQUEST_METHOD: "GET" })).toBe("http://good");
});

test.each([
  ["*", true],
  ["example.org", true],
  [".example.org", true],
  ["*.example.org", true],
  ["EXAMPLE.org", true],
  ["other.net, files.example.org", true],
  ["other.net files.example.org:443", true],
  ["files.example.org:80", false],
  ["ample.org", false],
  ["example.org.evil", false],
  ["s.example.org", false],
  ["", false],
])("no_proxy=%j exempts files.example.org: %s", (no_proxy, exempt) => {
  expect(proxyFor(https, { https_proxy: "http://p:2", no_proxy })).toBe(exempt ? undefined : "http://p:2");
});

test("no_proxy knows addresses", () => {
  const env = { http_proxy: "http://p:1", NO_PROXY: "127.0.0.1,::1,10.0.0.1:8080" };
  expect(proxyFor(new URL("http://127.0.0.1:99/"), env)).toBeUndefined();
  expect(proxyFor(new URL("http://[::1]:99/"), env)).toBeUndefined();
  expect(proxyFor(new URL("http://10.0.0.1:8080/"), env)).toBeUndefined();
  expect(proxyFor(new URL("http://10.0.0.1:8081/"), env)).toBe("http://p:1");
  expect(proxyFor(new URL("http://[::2]/"), env)).toBe("http://p:1");
});
