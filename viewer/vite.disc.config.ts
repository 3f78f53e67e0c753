import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The page, and the codec as a script: a page from a file can load nothing else from beside it. */
const beside = {
  name: "beside-the-page",
  generateBundle(this: { emitFile(file: { type: "asset"; fileName: string; source: string }): void }) {
    const wasm = createRequire(import.meta.url).resolve("@cornerstonejs/codec-openjph/wasm");
    const codec = readFileSync(wasm);
    const terms = readFileSync(join(dirname(wasm), "../LICENSE"), "utf8");
    const text = (path: string) => readFileSync(here(path), "utf8");
    this.emitFile({ type: "asset", fileName: "INDEX.HTM", source: text("src/disc/index.htm") });
    this.emitFile({
      type: "asset",
      fileName: "VIEWER/UNDISC.TXT",
      source: `${text("../NOTICE")}\n${text("../LICENSE")}`,
    });
    this.emitFile({ type: "asset", fileName: "VIEWER/CODEC.TXT", source: terms });
    this.emitFile({
      type: "asset",
      fileName: "VIEWER/CODEC.JS",
      source: `undiscCodec("${codec.toString("base64")}")\n`,
    });
  },
};

/**
 * The same viewer for a disc: one classic script and one style sheet, since pages from files get no modules, and names of
 * eight and three letters (PS3.12, ISO 9660 level 1). INDEX.HTM is a template, which undisc.export fills in.
 */
export default defineConfig({
  base: "./",
  resolve: { alias: [{ find: /^\.\.\/workers$/, replacement: here("src/disc/workers.ts") }] },
  build: {
    outDir: "../src/undisc/web/static/disc",
    emptyOutDir: true,
    license: { fileName: "VIEWER/LICENSES.TXT" },
    modulePreload: false,
    target: ["es2022", "safari15", "chrome94", "firefox93"],
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    rollupOptions: {
      input: "src/disc/main.tsx",
      // What preloads modules asks where its own is; here there are none.
      transform: { define: { "import.meta": "{}" } },
      output: {
        format: "iife",
        codeSplitting: false,
        entryFileNames: "VIEWER/VIEWER.JS",
        assetFileNames: ({ names }: { names: string[] }) =>
          names.some((name) => name.endsWith(".css")) ? "VIEWER/VIEWER.CSS" : "VIEWER/[name].[ext]",
      },
    },
  },
  plugins: [beside],
  worker: { format: "iife" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
} as Parameters<typeof defineConfig>[0]);
