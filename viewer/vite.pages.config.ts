import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const entries = readdirSync(here("src/pages")).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));

/** What the pages beside the viewer add to plain forms: one small script for each page that has one. */
export default defineConfig({
  base: "./",
  build: {
    outDir: "../src/undisc/web/static/pages",
    emptyOutDir: true,
    manifest: true,
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    target: ["es2022", "safari15", "chrome94", "firefox93"],
    assetsInlineLimit: 0,
    rollupOptions: { input: entries.map((name) => here(`src/pages/${name}`)) },
  },
} as Parameters<typeof defineConfig>[0]);
