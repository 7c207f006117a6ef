import { expect, test } from "vitest";
import { missingFiles } from "../../src/model/missing-file.ts";

test.each([
  ["uses.c:1:10: fatal error: liba.h: No such file or directory", ["include/liba.h"]],
  ["x.cpp:3:10: fatal error: gmp/a+b.hpp: No such file or directory", ["include/gmp/a+b.hpp"]],
  [
    "/usr/bin/ld: cannot find -lgmp: No such file or directory",
    expect.arrayContaining(["lib/libgmp.so", "lib/libgmp.a"]),
  ],
  ["/phases/build: line 3: m4: command not found", ["bin/m4"]],
  ["sh: 1: m4: not found", ["bin/m4"]],
  ["No package 'liba' found", ["lib/pkgconfig/liba.pc", "share/pkgconfig/liba.pc"]],
  ["Package 'liba', required by 'libb', not found", ["lib/pkgconfig/liba.pc", "share/pkgconfig/liba.pc"]],
  ["Package liba was not found in the pkg-config search path.", ["lib/pkgconfig/liba.pc", "share/pkgconfig/liba.pc"]],
  ["cat: words: No such file or directory", []],
  ["everything is fine", []],
])("%s", (line, files) => {
  expect(missingFiles(line)).toEqual(files);
});
