import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const PLACE = join(import.meta.dirname, "../src/quanyu/app/console_build");
const PACKED = /\.(js|css|html|svg|json)$/;

/** Leaves a gzipped copy beside every text file, so that the server compresses nothing. */
function packed(): Plugin {
  const pack = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) pack(path);
      else if (PACKED.test(name)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  };
  return { name: "packed", apply: "build", closeBundle: () => pack(PLACE) };
}

export default defineConfig({
  plugins: [react(), packed()],
  build: { outDir: PLACE, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1200, assetsInlineLimit: 0 },
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
