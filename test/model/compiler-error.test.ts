import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BuildError, findBuildErrors } from "../../src/model/compiler-error.ts";
import { runs } from "../helpers/runs.ts";

interface Row {
  readonly name: string;
  readonly log: string;
  /** The number and a part of the line that must come first. */
  readonly line: number;
  readonly text: string;
  readonly kind: string;
  readonly subject?: string;
}

const rows: readonly Row[] = [
  {
    name: "gcc, with what make says after it",
    log: `gcc -O2 -Werror -c -o list.o list.c
list.c: In function ‘push’:
list.c:17:12: warning: unused variable ‘spare’ [-Wunused-variable]
list.c:20:9: error: ‘count’ undeclared (first use in this function); did you mean ‘mount’?
   20 |         count++;
      |         ^~~~~
list.c:20:9: note: each undeclared identifier is reported only once for each function it appears in
make[2]: *** [Makefile:31: list.o] Error 1
make[1]: *** [Makefile:12: all-recursive] Error 1
make: *** [Makefile:4: all] Error 2`,
    line: 4,
    text: "list.c:20:9: error: ‘count’ undeclared",
    kind: "compiler",
  },
  {
    name: "a missing header, gcc",
    log: `libtool: compile:  gcc -DHAVE_CONFIG_H -I. -g -O2 -c png.c  -fPIC -DPIC -o .libs/png.o
In file included from png.c:14:
pngpriv.h:37:10: fatal error: zlib.h: No such file or directory
   37 | #include <zlib.h>
      |          ^~~~~~~~
compilation terminated.
make: *** [Makefile:1215: png.lo] Error 1`,
    line: 3,
    text: "pngpriv.h:37:10: fatal error: zlib.h",
    kind: "missing-header",
    subject: "zlib.h",
  },
  {
    name: "a missing header, clang",
    log: `src/a.cpp:3:10: fatal error: 'boost/any.hpp' file not found
#include <boost/any.hpp>
         ^~~~~~~~~~~~~~~
1 error generated.`,
    line: 1,
    text: "src/a.cpp:3:10",
    kind: "missing-header",
    subject: "boost/any.hpp",
  },
  {
    name: "gcc with colours",
    log: "\u001b[01m\u001b[Ka.c:2:1:\u001b[m\u001b[K \u001b[01;31m\u001b[Kerror: \u001b[m\u001b[Kunknown type name ‘strng’",
    line: 1,
    text: "a.c:2:1: error: unknown type name ‘strng’",
    kind: "compiler",
  },
  {
    name: "the assembler",
    log: "as -o mul.o mul.s\nmul.s: Assembler messages:\nmul.s:12: Error: no such instruction: `mulxq %rax'",
    line: 3,
    text: "no such instruction",
    kind: "compiler",
  },
  {
    name: "a compiler that was killed for its memory",
    log: "g++ -c big.cc\ng++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\nmake: *** [Makefile:8: big.o] Error 1",
    line: 2,
    text: "Killed signal",
    kind: "resources",
    subject: "cc1plus",
  },
  {
    name: "a full disk, which the compiler noticed",
    log: "a.c:1:1: fatal error: error writing to /tmp/ccX.s: No space left on device\nmake: *** [a.o] Error 1",
    line: 1,
    text: "No space left",
    kind: "resources",
    subject: "No space left on device",
  },
  {
    name: "a linker without a symbol",
    log: `/usr/bin/ld: main.o: in function \`main':
main.c:(.text+0x15): undefined reference to \`mpfr_init2'
/usr/bin/ld: main.c:(.text+0x22): undefined reference to \`mpfr_clear'
collect2: error: ld returned 1 exit status
make: *** [Makefile:9: prog] Error 1`,
    line: 2,
    text: "undefined reference to `mpfr_init2'",
    kind: "linker",
    subject: "mpfr_init2",
  },
  {
    name: "a linker without a library",
    log: "gcc -o prog main.o -lgmp\n/usr/bin/ld: cannot find -lgmp: No such file or directory\ncollect2: error: ld returned 1 exit status",
    line: 2,
    text: "cannot find -lgmp",
    kind: "missing-library",
    subject: "gmp",
  },
  {
    name: "lld without a library",
    log: "ld.lld: error: unable to find library -lreadline\nclang: error: linker command failed with exit code 1",
    line: 1,
    text: "unable to find library",
    kind: "missing-library",
    subject: "readline",
  },
  {
    name: "a program whose library is not found when it runs",
    log: "./gentest: error while loading shared libraries: libfoo.so.3: cannot open shared object file: No such file or directory\nmake: *** [check] Error 127",
    line: 1,
    text: "libfoo.so.3",
    kind: "missing-library",
    subject: "libfoo.so.3",
  },
  {
    name: "position-dependent code in a shared library",
    log: "/usr/bin/ld: b.a(b.o): relocation R_X86_64_PC32 against symbol `x' can not be used when making a shared object; recompile with -fPIC",
    line: 1,
    text: "recompile with -fPIC",
    kind: "linker",
  },
  {
    name: "make without a rule",
    log: "make[1]: Entering directory '/build/src'\nmake[1]: *** No rule to make target 'parse.tab.c', needed by 'all'.  Stop.\nmake: *** [Makefile:2: all] Error 2",
    line: 2,
    text: "No rule to make target",
    kind: "no-rule",
    subject: "parse.tab.c",
  },
  {
    name: "a makefile with a mistake",
    log: "Makefile:12: *** missing separator.  Stop.",
    line: 1,
    text: "missing separator",
    kind: "other",
  },
  {
    name: "nothing but make's own word",
    log: "checking\n./run-all\nmake: *** [Makefile:3: check] Error 7\nmake: *** Waiting for unfinished jobs....",
    line: 3,
    text: "Error 7",
    kind: "make",
    subject: "Makefile:3: check",
  },
  {
    name: "cmake without a package",
    log: `-- The C compiler identification is GNU 12.2.0
-- Looking for pthread.h
-- Looking for pthread.h - not found
CMake Error at /usr/share/cmake-3.25/Modules/FindPackageHandleStandardArgs.cmake:230 (message):
  Could NOT find ZLIB (missing: ZLIB_LIBRARY ZLIB_INCLUDE_DIR)
Call Stack (most recent call first):
  CMakeLists.txt:9 (find_package)

-- Configuring incomplete, errors occurred!`,
    line: 5,
    text: "Could NOT find ZLIB",
    kind: "missing-package",
    subject: "ZLIB",
  },
  {
    name: "cmake without the configuration of a package",
    log: `CMake Error at CMakeLists.txt:12 (find_package):
  By not providing "FindShapes.cmake" in CMAKE_MODULE_PATH this project has
  asked CMake to find a package configuration file provided by "Shapes", but
  CMake did not find one.

  Could not find a package configuration file provided by "Shapes" with any
  of the following names:

    ShapesConfig.cmake`,
    line: 6,
    text: 'provided by "Shapes" with any',
    kind: "missing-package",
    subject: "Shapes",
  },
  {
    name: "cmake with words of the project",
    log: "CMake Error at CMakeLists.txt:3 (message):\n  Only 64-bit systems are supported\n\n",
    line: 1,
    text: "CMake Error at CMakeLists.txt:3 (message): Only 64-bit systems are supported",
    kind: "cmake",
  },
  {
    name: "meson without a dependency",
    log: 'Run-time dependency glib-2.0 found: NO (tried pkgconfig and cmake)\n\nmeson.build:21:0: ERROR: Dependency "glib-2.0" not found, tried pkgconfig and cmake\n\nA full log can be found at /build/b/meson-logs/meson-log.txt',
    line: 3,
    text: "ERROR: Dependency",
    kind: "missing-package",
    subject: "glib-2.0",
  },
  {
    name: "meson without a program",
    log: "meson.build:4:7: ERROR: Program 'bison' not found or not executable",
    line: 1,
    text: "Program 'bison'",
    kind: "missing-command",
    subject: "bison",
  },
  {
    name: "meson with words of the project",
    log: "meson.build:8:2: ERROR: Problem encountered: choose a backend",
    line: 1,
    text: "choose a backend",
    kind: "meson",
  },
  {
    name: "configure, after trials that failed on purpose",
    log: `configure:3120: gcc -o conftest conftest.c >&5
conftest.c:11:10: fatal error: ac_nonexistent.h: No such file or directory
/usr/bin/ld: cannot find -lconftest
checking for mpfr.h... no
configure: error: in \`/build/mpc-1.3.1':
configure: error: mpfr.h cannot be found or is unusable.
See \`config.log' for more details`,
    line: 6,
    text: "mpfr.h cannot be found",
    kind: "configure",
  },
  {
    name: "configure without a package",
    log: "checking for glib-2.0 >= 2.38... no\nconfigure: error: Package requirements (glib-2.0 >= 2.38) were not met:\n\nNo package 'glib-2.0' found\n",
    line: 2,
    text: "were not met",
    kind: "missing-package",
    subject: "glib-2.0 >= 2.38",
  },
  {
    name: "a Python module that is not there",
    log: `running build
Traceback (most recent call last):
  File "/build/setup.py", line 3, in <module>
    import Cython
ModuleNotFoundError: No module named 'Cython'`,
    line: 5,
    text: "No module named 'Cython'",
    kind: "missing-module",
    subject: "Cython",
  },
  {
    name: "a Python exception, indented as pip does",
    log: `  Traceback (most recent call last):
    File "x.py", line 9, in main
      raise build.errors.TooOld("needs 3.12")

  build.errors.TooOld: needs 3.12
  [end of output]
error: subprocess-exited-with-error`,
    line: 5,
    text: "build.errors.TooOld: needs 3.12",
    kind: "python",
    subject: "TooOld",
  },
  {
    name: "a Python exception that nothing else explains",
    log: 'Traceback (most recent call last):\n  File "gen.py", line 2, in <module>\n    1 / 0\nZeroDivisionError: division by zero\nmake: *** [Makefile:2: gen.h] Error 1',
    line: 4,
    text: "division by zero",
    kind: "python",
    subject: "ZeroDivisionError",
  },
  {
    name: "a command that is not there, dash",
    log: "bison -d parse.y\n/bin/sh: 1: bison: not found\nmake: *** [Makefile:44: parse.c] Error 127",
    line: 2,
    text: "bison: not found",
    kind: "missing-command",
    subject: "bison",
  },
  {
    name: "a command that is not there, bash",
    log: "./build.sh: line 8: cmake: command not found",
    line: 1,
    text: "cmake",
    kind: "missing-command",
    subject: "cmake",
  },
  {
    name: "a command that is not there, make itself",
    log: "flex -o lex.c lex.l\nmake: flex: No such file or directory\nmake: *** [Makefile:6: lex.c] Error 127",
    line: 2,
    text: "flex",
    kind: "missing-command",
    subject: "flex",
  },
  {
    name: "a patch that does not apply",
    log: "patching file configure.ac\nHunk #2 FAILED at 114.\n1 out of 2 hunks FAILED -- saving rejects to file configure.ac.rej",
    line: 2,
    text: "Hunk #2",
    kind: "patch",
  },
  {
    name: "a file that was to be installed",
    log: "cp: cannot stat 'doc/manual.pdf': No such file or directory\nmake: *** [Makefile:80: install] Error 1",
    line: 1,
    text: "manual.pdf",
    kind: "missing-file",
    subject: "doc/manual.pdf",
  },
  {
    name: "a test that crashed",
    log: "PASS: t1\n/bin/sh: line 5: 1234 Segmentation fault      (core dumped) ./t2\nFAIL: t2\nmake: *** [check] Error 139",
    line: 2,
    text: "Segmentation fault",
    kind: "other",
  },
  {
    name: "an error that make was told to ignore, before the one that counts",
    log: `gcc -c extra.c
extra.c:1:1: error: this part is optional
make: [Makefile:7: extra] Error 1 (ignored)
gcc -c main.c
main.c:5:2: error: expected ‘;’ before ‘}’ token
make: *** [Makefile:9: main.o] Error 1`,
    line: 5,
    text: "main.c:5:2",
    kind: "compiler",
  },
  {
    name: "only an error that make was told to ignore",
    log: "extra.c:1:1: error: this part is optional\nmake: [Makefile:7: extra] Error 1 (ignored)\nmake: *** [Makefile:9: rest] Error 1",
    line: 1,
    text: "extra.c:1:1",
    kind: "compiler",
  },
  {
    name: "the first of several, when jobs go on beside it",
    log: `b.c:2:5: error: conflicting types for ‘f’
make: *** [Makefile:3: b.o] Error 1
make: *** Waiting for unfinished jobs....
c.c:9:1: error: conflicting types for ‘g’
make: *** [Makefile:3: c.o] Error 1`,
    line: 1,
    text: "b.c:2:5",
    kind: "compiler",
  },
  {
    name: "a Fortran module",
    log: "mesh.f90:3:6:\n\n    3 |   use netcdf\n      |      1\nFatal Error: Cannot open module file ‘netcdf.mod’ for reading at (1): No such file or directory",
    line: 5,
    text: "netcdf.mod",
    kind: "missing-module",
    subject: "netcdf",
  },
  {
    name: "Rust",
    log: "   Compiling shapes v0.1.0\nerror[E0425]: cannot find value `side` in this scope\n --> src/lib.rs:4:5\nerror: could not compile `shapes` (lib) due to 1 previous error",
    line: 2,
    text: "E0425",
    kind: "compiler",
  },
  { name: "Go", log: "# shapes\n./main.go:5:2: undefined: area", line: 2, text: "undefined: area", kind: "compiler" },
  {
    name: "Perl",
    log: "Can't locate XML/Parser.pm in @INC (you may need to install the XML::Parser module)\nBEGIN failed--compilation aborted at x.pl line 1.",
    line: 1,
    text: "XML/Parser.pm",
    kind: "missing-module",
    subject: "XML/Parser",
  },
];

/** Lines that look like trouble and are none. */
const harmless = [
  "checking for error_at_line... yes",
  "checking whether gcc hides symbols... not found",
  "gcc -Werror -c error.c -o error.o",
  "a.c:3:5: warning: implicit declaration; this will be an error in C23",
  "-- Looking for strerror - found",
  "PASS: test-error",
  "  CC       lib/error.lo",
  "make[1]: Nothing to be done for 'install-data-am'.",
  "libtool: install: (cd /build; rm -f libfail.la)",
  "0 errors, 0 failures",
  "conftest.c:9:28: fatal error: no_such.h: No such file or directory",
  "make: *** Waiting for unfinished jobs....",
];

describe("findBuildErrors", () => {
  it.each(rows)("finds $name", ({ log, line, text, kind, subject }) => {
    const [first] = findBuildErrors(log);
    expect(first).toMatchObject({ line, kind, text: expect.stringContaining(text) });
    expect(first?.subject).toBe(subject);
  });

  it.each(harmless)("takes no offence at: %s", (line) => {
    expect(findBuildErrors(line)).toEqual([]);
  });

  it("finds the error in the midst of harmless lines, and counts lines from where it is told", () => {
    for (const { log, line, kind } of rows) {
      const noisy = [...harmless, log, ...harmless].join("\n");
      expect(findBuildErrors(noisy, { firstLine: 1001 })[0]).toMatchObject({
        line: 1000 + harmless.length + line,
        kind,
      });
    }
  });

  it("gives the same for files with DOS line ends", () => {
    for (const { log, line, kind } of rows) {
      expect(findBuildErrors(log.replaceAll("\n", "\r\n"))[0]).toMatchObject({ line, kind });
    }
  });

  it("gives each message once, and no more than asked", () => {
    const log = Array.from({ length: 9 }, (_, index) => `a.c:${1 + (index >> 1)}:1: error: no`).join("\n");
    expect(findBuildErrors(log).map(({ line }) => line)).toEqual([1, 3, 5]);
    expect(findBuildErrors(log, { most: 1 })).toHaveLength(1);
    expect(findBuildErrors(log, { most: 99 })).toHaveLength(5);
  });

  it("is not led astray by progress lines that overwrite themselves", () => {
    expect(findBuildErrors("[ 10%] error: x\r[ 20%] fine")).toEqual([]);
    expect(findBuildErrors("[ 10%] fine\ra.c:1:1: error: x")[0]).toMatchObject({ text: "a.c:1:1: error: x" });
  });

  it("shows no control characters of the log, and no endless line", () => {
    const [error] = findBuildErrors(`a.c:1:1: error: \u001b]0;title\u0007\u001b[2J\u0000${"x".repeat(9000)}`);
    expect(error?.text).toMatch(/^a\.c:1:1: error: x+$/);
    expect(error?.text.length).toBeLessThanOrEqual(500);
  });

  it("names lines that are there, whatever the log", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        ...rows.flatMap(({ log }) => log.split("\n")),
        ...harmless,
        "\n",
        "\r",
        "Traceback (most recent call last):",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const log = pieces.join("\n");
        const errors = findBuildErrors(log);
        const numbers = errors.map(({ line }) => line);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        for (const line of numbers) expect(log.split("\n")[line - 1]).toBeDefined();
      }),
      { numRuns: runs(75) },
    );
  });

  it("reads a hostile line in time that grows with its length only", () => {
    for (const unit of ["a: ", "a:1:", "error ", "x.y.", "/", "A", " "]) {
      const log = `${unit.repeat(50_000)} error: not found\n`.repeat(20);
      expect(findBuildErrors(log).length).toBeLessThanOrEqual(3);
    }
  });

  const hasCompiler = spawnSync("/usr/bin/env", ["cc", "--version"]).status === 0;
  if (!hasCompiler) process.stderr.write("SKIPPED: the test with a real compiler: there is no cc\n");

  it.skipIf(!hasCompiler)("understands the compiler and linker of this machine", () => {
    const directory = mkdtempSync(join(tmpdir(), "compiler-error-test-"));
    const compile = (source: string, ...args: readonly string[]): BuildError | undefined => {
      writeFileSync(join(directory, "a.c"), source);
      const { stderr } = spawnSync("/usr/bin/env", ["cc", "a.c", "-o", "a", ...args], {
        cwd: directory,
        encoding: "utf8",
      });
      return findBuildErrors(stderr)[0];
    };
    expect(compile("int main(void) { return missing; }")).toMatchObject({ kind: "compiler" });
    expect(compile("#include <no/such.h>\n")).toMatchObject({ kind: "missing-header", subject: "no/such.h" });
    expect(compile("int f(void); int main(void) { return f(); }")).toMatchObject({ kind: "linker", subject: "f" });
    expect(compile("int main(void) { return 0; }", "-lnosuch")).toMatchObject({
      kind: "missing-library",
      subject: "nosuch",
    });
    expect(compile("int main(void) { return 0; }")).toBeUndefined();
    rmSync(directory, { recursive: true });
  });
});
