// Fails when the viewer on a disc is too large for what reads it, or not what a page from a file can load.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

/** Bytes as they lie on the medium, before the first picture: a slow drive reads a megabyte a second. */
const MOST = 1024 * 1024;
const built = new URL("../../src/undisc/web/static/disc/VIEWER/", import.meta.url).pathname;
const FIRST = ["VIEWER.JS", "VIEWER.CSS", "CODEC.JS"];

let sum = 0;
let wrong = false;
for (const name of readdirSync(built)) {
  const bytes = readFileSync(join(built, name));
  const isFirst = FIRST.includes(name);
  sum += isFirst ? bytes.length : 0;
  const packed = brotliCompressSync(bytes).length;
  console.log(
    `${String(bytes.length).padStart(8)}  ${name}, ${packed} in brotli${isFirst ? "" : " (when it is wanted)"}`,
  );
  // ISO 9660 level 1.
  if (!/^[A-Z0-9_]{1,8}\.[A-Z0-9_]{1,3}$/.test(name)) {
    console.error(`${name} is no name of eight letters and three`);
    wrong = true;
  }
  if (name.endsWith(".JS") && /\bimport\(|\bimport\.meta\b|\bexport\s*\{/.test(bytes.toString("utf8"))) {
    console.error(`${name} has what only modules have`);
    wrong = true;
  }
}
console.log(`${String(sum).padStart(8)}  bytes before the first picture off a disc, of ${MOST} allowed`);
process.exitCode = wrong || sum > MOST ? 1 : 0;
