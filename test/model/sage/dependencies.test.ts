import { describe, expect, test } from "vitest";
import { readDependencies } from "../../../src/model/sage/dependencies.ts";

function of(dependencies: string, makefile = ""): object {
  return readDependencies({ dependencies }, makefile);
}

describe("readDependencies", () => {
  test("only the first line counts, and no comment", () => {
    expect(of("zlib  readline   # both\nnotes about gmp\n")).toEqual({
      normal: ["zlib", "readline"],
      orderOnly: [],
      check: [],
    });
    expect(of("# no dependencies\nzlib")).toEqual({ normal: [], orderOnly: [], check: [] });
    expect(of("")).toEqual({ normal: [], orderOnly: [], check: [] });
  });

  test("what stands behind the bar is order-only, unless it stands before it too", () => {
    expect(of("gmp | pip gmp patch")).toMatchObject({ normal: ["gmp"], orderOnly: ["pip", "patch"] });
    expect(of("| pip")).toMatchObject({ normal: [], orderOnly: ["pip"] });
  });

  test("variables have Sage's defaults", () => {
    expect(of("$(PYTHON) $(MP_LIBRARY) $(BLAS) | $(PYTHON_TOOLCHAIN) $(SAGERUNTIME)")).toMatchObject({
      normal: ["python3", "gmp", "openblas"],
      orderOnly: ["setuptools", "pip", "setuptools_scm", "wheel", "setuptools_wheel", "sagelib", "ipython", "pexpect"],
    });
  });

  test("the tree's own Makefile sets other values, but not those that depend on configure", () => {
    const makefile =
      "MP_LIBRARY = mpir # as before\nBLAS = @BLAS@\nPYTHON = python4\nifneq (x,)\nPYTHON = python_venv\nendif\nINST = gmp\n";
    expect(of("$(MP_LIBRARY) $(BLAS) $(PYTHON) $(INST)", makefile)).toMatchObject({
      normal: ["mpir", "openblas", "python4"],
    });
  });

  test("the record of an installed package stands for it; files and targets stand for nothing", () => {
    const text =
      "$(SAGE_LOCAL)/$(SPKG_INST_RELDIR)/xz-$(vers_xz) $(SAGE_SRC)/sage/x.pxd $(SAGE_ROOT)/pkgs/a/*.py FORCE $(SCRIPTS)";
    expect(of(text)).toEqual({ normal: ["xz"], orderOnly: [], check: [] });
  });

  test("what only the test suite needs is told apart", () => {
    expect(of("numpy | pip $(and $(filter-out no,$(SAGE_CHECK_x)), pytest numpy)")).toEqual({
      normal: ["numpy"],
      orderOnly: ["pip"],
      check: ["pytest"],
    });
  });

  test("newer trees have a file of its own for each", () => {
    const texts = {
      dependencies: "gmp\n",
      dependencies_order_only: "cmake gmp\n",
      dependencies_check: "pytest | pip\n",
    };
    expect(readDependencies(texts, "")).toEqual({ normal: ["gmp"], orderOnly: ["cmake"], check: ["pytest", "pip"] });
  });
});
