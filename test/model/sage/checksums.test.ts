import { describe, expect, test } from "vitest";
import { chooseTarball, readChecksums, type SageTarball } from "../../../src/model/sage/checksums.ts";

const SHA1 = "0123456789abcdef0123456789abcdef01234567";
const SHA256 = "0123456789abcdef".repeat(4);

function one(text: string, version: string): SageTarball | undefined {
  return readChecksums(text, version)[0];
}

describe("readChecksums", () => {
  test("the package's own patch level is no part of the version", () => {
    const text = `tarball=xz-VERSION.tar.gz\nsha1=${SHA1}\nmd5=x\nupstream_url=https://example.org/VERSION/xz-VERSION.tar.gz\n`;
    expect(one(text, "5.2.5.p12")).toEqual({
      fileName: "xz-5.2.5.tar.gz",
      sha1: SHA1,
      urls: ["https://example.org/5.2.5/xz-5.2.5.tar.gz"],
    });
  });

  test("parts of the version, in braces or without", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces of checksums.ini
    const text = "tarball=b_VERSION_MAJOR.${VERSION_MINOR}_${VERSION_MICRO}-${VERSION}.zip\n";
    expect(one(text, "1.22.333")?.fileName).toBe("b_1.22_333-1.22.333.zip");
    expect(one("tarball=b-VERSION_MICRO.zip\n", "1.2")?.fileName).toBe("b-VERSION_MICRO.zip");
  });

  test("several places, in their order", () => {
    const text = "tarball=a.tgz\nupstream_url=https://one/a.tgz\nupstream_url=\nupstream_url = https://two/a.tgz \n";
    expect(one(text, "1")?.urls).toEqual(["https://one/a.tgz", "https://two/a.tgz"]);
  });

  test("sums that are none are left out", () => {
    const text = `tarball=a.tgz\nsha1=${SHA1}0\nsha256=${SHA256.toUpperCase()}\n`;
    expect(one(text, "1")).toEqual({ fileName: "a.tgz", sha256: SHA256, urls: [] });
    expect(readChecksums("sha1=before any tarball\n", "1")).toEqual([]);
  });

  test("of several tarballs that for every machine is taken", () => {
    const named = (...names: string[]): string | undefined =>
      chooseTarball(readChecksums(names.map((name) => `tarball=${name}\n`).join(""), "1"))?.fileName;
    expect(named("a-cp311-linux.whl", "a.tar.gz", "a-py3-none-any.whl")).toBe("a-py3-none-any.whl");
    expect(named("a-cp311-linux.whl", "a.tar.gz")).toBe("a.tar.gz");
    expect(named("a-cp311-linux.whl")).toBe("a-cp311-linux.whl");
    expect(chooseTarball([])).toBeUndefined();
  });
});
