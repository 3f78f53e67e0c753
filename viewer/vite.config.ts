import { defineConfig } from "vite";

export default defineConfig({
  // Addresses are relative to the script itself, so that the same build lies under any path and on a disc.
  base: "./",
  build: {
    outDir: "../src/undisc/web/static/viewer",
    emptyOutDir: true,
    manifest: true,
    // The licences of what is bundled travel with the bundle.
    license: { fileName: "licenses.md" },
    modulePreload: { polyfill: false },
    // Safari 15 is what the oldest iPhones still in use run (iPhone 6s).
    target: ["es2022", "safari15", "chrome94", "firefox93"],
    assetsInlineLimit: 0,
    rollupOptions: { input: "src/main.tsx" },
  },
  // A classic worker: module workers came late to Firefox (114).
  worker: { format: "iife" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
} as Parameters<typeof defineConfig>[0]);
