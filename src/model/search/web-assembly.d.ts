/** What is used of WebAssembly, which `@types/node` does not know; see https://webassembly.github.io/spec/js-api/. */
declare namespace WebAssembly {
  class Memory {
    constructor(size: { initial: number; maximum: number });
    /** 65536 bytes for each page. */
    readonly buffer: ArrayBuffer;
  }

  class Module {
    /** @throws CompileError */
    constructor(code: Uint8Array);
  }

  class Instance {
    constructor(code: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
