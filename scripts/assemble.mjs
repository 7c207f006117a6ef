// Makes WebAssembly of a text in `src/`, as a module: `npm run assemble` after the text was changed. What it made stands in
// the repository, so that nothing needs the assembler but this, and a test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const TEXT = fileURLToPath(new URL("../src/model/search/next-landmark.wat", import.meta.url));
const CODE = TEXT.replace(/\.wat$/, "-code.ts");

/** The module that stands beside the text when it is right. */
export async function assemble() {
  const { parseWat } = await wabt();
  const { buffer } = parseWat("next-landmark.wat", readFileSync(TEXT, "utf8"), { simd: true }).toBinary({});
  const lines = Buffer.from(buffer)
    .toString("base64")
    .match(/.{1,110}/g);
  return `// Made by \`npm run assemble\` of next-landmark.wat.
export const NEXT_LANDMARK = \`
${lines.join("\n")}
\`;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(CODE, await assemble());
