import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const require = createRequire(import.meta.url);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const CODECS = {
  "VIEWER/JPEGLS.JS": "@cornerstonejs/codec-charls/decodewasm",
  "VIEWER/JPEG2000.JS": "@cornerstonejs/codec-openjpeg/decodewasm",
};

/** Codecs as scripts: a page from a file can load nothing else from beside it. */
const beside = {
  name: "codecs-beside-the-page",
  generateBundle(this: { emitFile(file: { type: "asset"; fileName: string; source: string }): void }) {
    for (const [fileName, codec] of Object.entries(CODECS)) {
      const source = `undiscCodec("${readFileSync(require.resolve(codec)).toString("base64")}")\n`;
      this.emitFile({ type: "asset", fileName, source });
    }
    const terms = readFileSync(here("licences/codecs.txt"), "utf8");
    this.emitFile({ type: "asset", fileName: "VIEWER/CODECS.TXT", source: terms });
  },
};

/** What reads other discs, for the viewer on a disc: one more classic script, beside what vite.disc.config.ts builds. */
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/undisc/web/static/disc",
    emptyOutDir: false,
    license: { fileName: "VIEWER/FOLDER.TXT" },
    modulePreload: false,
    target: ["es2022", "safari15", "chrome94", "firefox93"],
    assetsInlineLimit: 0,
    rollupOptions: {
      input: "src/disc/folder.ts",
      transform: { define: { "import.meta": "{}" } },
      output: { format: "iife", codeSplitting: false, entryFileNames: "VIEWER/FOLDER.JS" },
    },
  },
  plugins: [beside],
  worker: { format: "iife" },
} as Parameters<typeof defineConfig>[0]);
