declare module "ssri" {
  interface Hash {
    readonly algorithm: string;
    readonly digest: string;
  }
  interface Integrity {
    readonly [algorithm: string]: readonly Hash[] | undefined;
  }
  const ssri: {
    parse(text: string): Integrity | null;
  };
  export default ssri;
}

declare module "make-fetch-happen" {
  interface Response {
    readonly status: number;
    readonly statusText: string;
    readonly headers: { get(name: string): string | null };
    readonly body: AsyncIterable<Buffer>;
  }
  interface Options {
    readonly headers: Readonly<Record<string, string>>;
    readonly redirect: "manual";
    /** False: neither ask for nor undo a content encoding. */
    readonly compress: false;
    readonly cache: "no-store";
    readonly retry: false;
    readonly signal: AbortSignal;
    readonly proxy?: string | undefined;
    readonly noProxy?: string | undefined;
    readonly ca?: string | readonly string[] | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
    readonly strictSSL: boolean;
  }
  export default function fetch(url: string, options: Options): Promise<Response>;
}

declare module "npm-package-arg" {
  interface Result {
    readonly type: string;
    readonly registry?: boolean;
    readonly name?: string | null;
    readonly escapedName: string;
    readonly scope: string | null;
    readonly fetchSpec: string;
    readonly rawSpec: string;
    readonly subSpec?: Result;
  }
  export default function npa(spec: string, where?: string): Result;
}

declare module "npm-pick-manifest" {
  export default function pickManifest(
    packument: unknown,
    wanted: string,
    options: Readonly<Record<string, unknown>>,
  ): unknown;
}

declare module "npm-registry-fetch" {
  interface Auth {
    readonly token: string | null;
    readonly auth: string | null;
    readonly cert: string | null;
    readonly key: string | null;
  }
  const registryFetch: {
    json(url: string, options: Readonly<Record<string, unknown>>): Promise<unknown>;
    pickRegistry(spec: string, options: Readonly<Record<string, unknown>>): string;
    getAuth(url: string, options: Readonly<Record<string, unknown>>): Auth;
  };
  export default registryFetch;
}

declare module "@npmcli/config" {
  interface Options {
    readonly definitions: Readonly<Record<string, { readonly default: unknown }>>;
    readonly shorthands: unknown;
    readonly flatten: unknown;
    readonly nerfDarts: unknown;
    readonly npmPath: string;
    readonly env: Record<string, string | undefined>;
    readonly argv: readonly string[];
    readonly cwd: string;
    readonly warn: boolean;
  }
  export default class Config {
    constructor(options: Options);
    load(): Promise<void>;
    readonly flat: Readonly<Record<string, unknown>>;
  }
}

declare module "@npmcli/config/lib/definitions/index.js" {
  const definitions: {
    readonly definitions: Readonly<Record<string, { readonly default: unknown }>>;
    readonly shorthands: unknown;
    readonly flatten: unknown;
    readonly nerfDarts: unknown;
  };
  export default definitions;
}
