import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The published entry of `@carbon/vue` is one bundle of everything, and its
 * source entry registers all components by a means only webpack knows. The named
 * exports of that source entry are all that is needed, and let the rest go.
 */
function carbonVueFromSource(): Plugin {
  const entry = here("./node_modules/@carbon/vue/src/index.js");
  return {
    name: "carbon-vue-from-source",
    enforce: "pre",
    resolveId: (id) => (id === "@carbon/vue" ? entry : null),
    load(id) {
      if (id !== entry) return null;
      const exports = readFileSync(entry, "utf8").match(
        /^export \{[^}]*\} from .*$|^export \* from .*$/gm,
      );
      return (exports ?? []).join("\n");
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [carbonVueFromSource(), vue()],
  resolve: {
    alias: [
      { find: "@", replacement: here("./src") },
      // CommonJS icons bring a second Vue with them.
      { find: /^@carbon\/icons-vue\/lib\//, replacement: "@carbon/icons-vue/es/" },
    ],
  },
  build: {
    target: "es2022",
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          environment: "jsdom",
          include: ["tests/unit/**/*.test.ts"],
          sequence: { groupOrder: 0 },
          server: { deps: { inline: [/@carbon/] } },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          environment: "node",
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: ["tests/browser/build.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          // With an instance of the module: `tests/run module` begins it.
          name: "real",
          environment: "node",
          include: ["tests/real/**/*.test.ts"],
          globalSetup: ["tests/browser/build.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
