import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  readTextIfFile,
  readTextIfPresent,
  replaceLink,
  syncDirectory,
  TEMPORARY_MARK,
  writeAll,
  writeFileAtomic,
  writeFilesAtomic,
} from "../../src/system/atomic-file.ts";
import { caught } from "../helpers/caught.ts";
import { errno, patchFs } from "../helpers/patch-fs.ts";
import { makeWorld } from "../helpers/worlds.ts";

/** Notes what the functions do to the disk, in order. */
function watchSteps(): string[] {
  const steps: string[] = [];
  const open = new Map<number, string>();
  patchFs("openSync", (original) => (...args) => {
    const [path, ...rest] = args as unknown as Parameters<typeof original>;
    const fd = original(path, ...rest);
    open.set(fd, nameOf(String(path)));
    return fd;
  });
  patchFs("writeSync", (original) => (...args) => {
    const [fd] = args as unknown as [number];
    steps.push(`write ${open.get(fd)}`);
    return (original as (...all: unknown[]) => number)(...args);
  });
  patchFs("fsyncSync", (original) => (fd: number) => {
    steps.push(`sync ${open.get(fd)}`);
    original(fd);
  });
  patchFs("renameSync", (original) => (from: string, to: string) => {
    steps.push(`rename ${nameOf(from)} to ${nameOf(to)}`);
    original(from, to);
  });
  return steps;
}

function nameOf(path: string): string {
  const name = path.split("/").at(-1) ?? "";
  return name.startsWith(TEMPORARY_MARK) ? "temporary" : name.startsWith("s-") ? "directory" : name;
}

describe("what fails", () => {
  it("is told of the file that was to be written, and not of the temporary one", () => {
    const path = join(makeWorld().directory, "absent/file");
    const failures = [() => writeFileAtomic(path, ""), () => replaceLink("target", path)].map((write) => caught(write));
    expect(failures).toMatchObject([{ path }, { dest: path }]);
    for (const error of failures) {
      expect((error as Error).message).toContain(path);
      expect((error as Error).message).not.toContain(TEMPORARY_MARK);
    }
  });
});

describe("writeFileAtomic", () => {
  it("writes a text that comes in pieces, of whatever length, as UTF-8", () => {
    const path = join(makeWorld().directory, "file");
    const text = fc.string({ unit: "binary", maxLength: 9 });
    const long = fc.tuple(text, fc.nat({ max: 9000 })).map(([short, times]) => short.repeat(times));
    const piece = fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: long });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        writeFilesAtomic([{ path, content: pieces }]);
        expect(readFileSync(path).equals(Buffer.concat(pieces.map((text) => Buffer.from(text, "utf8"))))).toBe(true);
      }),
    );
  });

  it("replaces a file by its new content, text or bytes", () => {
    const path = join(makeWorld({ memory: true }).directory, "file");
    writeFileAtomic(path, "é");
    expect(readFileSync(path)).toEqual(Buffer.from("é"));
    writeFileAtomic(path, Buffer.from([0xff]));
    expect(readFileSync(path)).toEqual(Buffer.from([0xff]));
    expect(readdirSync(join(path, ".."))).toEqual(["file"]);
  });

  it("makes the content durable before the name, and the name before it returns", () => {
    const path = join(makeWorld({ memory: true }).directory, "file");
    const steps = watchSteps();
    writeFileAtomic(path, "text");
    expect(steps).toEqual(["write temporary", "sync temporary", "rename temporary to file", "sync directory"]);
  });

  it("gives the mode that is asked for", () => {
    const path = join(makeWorld({ memory: true }).directory, "file");
    writeFileAtomic(path, "", { mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("takes the longest name that a file can have", () => {
    const path = join(makeWorld({ memory: true }).directory, "n".repeat(255));
    writeFileAtomic(path, "text");
    expect(readFileSync(path, "utf8")).toBe("text");
  });

  it.each(["fsyncSync", "renameSync", "writeSync"] as const)("leaves the old content when %s fails", (name) => {
    const { directory } = makeWorld({ memory: true });
    const path = join(directory, "file");
    writeFileAtomic(path, "old");
    patchFs(name, () => () => {
      throw errno("EIO");
    });
    expect(caught(() => writeFileAtomic(path, "new"))).toMatchObject({ code: "EIO" });
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(directory)).toEqual(["file"]);
  });

  it("goes on where a write stopped short", () => {
    const path = join(makeWorld({ memory: true }).directory, "file");
    patchFs("writeSync", (original) => (fd: number, bytes: Buffer, at: number, length: number) => {
      return original(fd, bytes, at, Math.min(2, length));
    });
    writeFileAtomic(path, "content");
    expect(readFileSync(path, "utf8")).toBe("content");
  });
});

describe("writeFilesAtomic", () => {
  it("syncs a directory once for all its files", () => {
    const { directory } = makeWorld({ memory: true });
    const steps = watchSteps();
    writeFilesAtomic(["a", "b"].map((name) => ({ path: join(directory, name), content: name })));
    expect(steps.filter((step) => step === "sync directory")).toHaveLength(1);
    expect(steps.at(-1)).toBe("sync directory");
    expect(readFileSync(join(directory, "b"), "utf8")).toBe("b");
  });
});

describe("replaceLink", () => {
  it("replaces a link, and a link to a directory, in one step", () => {
    const { directory } = makeWorld({ memory: true });
    const path = join(directory, "current");
    mkdirSync(join(directory, "gen-1"));
    symlinkSync("gen-1", path);
    const steps = watchSteps();
    replaceLink("gen-2", path);
    expect(readlinkSync(path)).toBe("gen-2");
    expect(steps).toEqual(["rename temporary to current", "sync directory"]);
    expect(readdirSync(directory).sort()).toEqual(["current", "gen-1"]);
  });

  it("leaves the old link when it fails", () => {
    const { directory } = makeWorld({ memory: true });
    mkdirSync(join(directory, "current"));
    expect(caught(() => replaceLink("gen-2", join(directory, "current")))).toBeInstanceOf(Error);
    expect(readdirSync(directory)).toEqual(["current"]);
  });
});

describe("syncDirectory", () => {
  it("forgives filesystems that cannot, and nothing else", () => {
    const { directory } = makeWorld({ memory: true });
    for (const [code, forgiven] of [
      ["EINVAL", true],
      ["ENOTSUP", true],
      ["EIO", false],
    ] as const) {
      patchFs("fsyncSync", () => () => {
        throw errno(code);
      });
      if (forgiven) syncDirectory(directory);
      else expect(caught(() => syncDirectory(directory))).toMatchObject({ code });
    }
  });
});

describe("readTextIfPresent", () => {
  it("tells a missing file from one that cannot be read", () => {
    const { directory } = makeWorld({ memory: true });
    writeFileSync(join(directory, "file"), "text");
    expect(readTextIfPresent(join(directory, "file"))).toBe("text");
    expect(readTextIfPresent(join(directory, "missing"))).toBeUndefined();
    expect(caught(() => readTextIfPresent(directory))).toMatchObject({ code: "DAMAGED" });
    expect(readTextIfFile(directory)).toBeUndefined();
    chmodSync(join(directory, "file"), 0o000);
    if (process.getuid?.() !== 0)
      expect(caught(() => readTextIfFile(join(directory, "file")))).toMatchObject({ code: "EACCES" });
  });
});

it.runIf(process.platform === "linux")("a file that became too large is told by its name", () => {
  const path = join(makeWorld().directory, "large");
  const fd = openSync(path, "w");
  patchFs("writeSync", () => () => {
    throw errno("EFBIG");
  });
  expect(caught(() => writeAll(fd, Buffer.from("text")))).toMatchObject({
    code: "EFBIG",
    message: expect.stringContaining(` '${path}'`),
  });
  closeSync(fd);
});
