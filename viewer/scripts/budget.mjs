// Fails when what a phone must fetch before it can ask for the passcode (script and styles, no codec) is too large.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const MOST = 80 * 1024;
const built = new URL("../../src/undisc/web/static/viewer/", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(built, ".vite/manifest.json"), "utf8"));
const size = (file) => brotliCompressSync(readFileSync(join(built, file))).length;

const first = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  first.add(chunk.file);
  for (const style of chunk.css ?? []) {
    first.add(style);
  }
  for (const imported of chunk.imports ?? []) {
    visit(imported);
  }
};
visit("src/main.tsx");

let sum = 0;
for (const file of first) {
  sum += size(file);
  console.log(`${String(size(file)).padStart(8)}  ${file}`);
}
console.log(`${String(sum).padStart(8)}  bytes (brotli) before the first picture, of ${MOST} allowed`);
for (const file of readdirSync(join(built, "assets")).map((name) => `assets/${name}`)) {
  if (!first.has(file)) {
    console.log(`${String(size(file)).padStart(8)}  ${file} (after the preview)`);
  }
}
process.exitCode = sum > MOST ? 1 : 0;
