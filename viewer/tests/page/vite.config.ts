import { defineConfig } from "vite";

/** Builds what drawing.ts needs to run in a browser into the folder that `--outDir` names; it is never shipped. */
export default defineConfig({
  base: "./",
  build: {
    emptyOutDir: true,
    assetsInlineLimit: 0,
    minify: false,
    rollupOptions: { input: "tests/page/drawing.ts", output: { entryFileNames: "drawing.js" } },
  },
  worker: { format: "iife" },
});
