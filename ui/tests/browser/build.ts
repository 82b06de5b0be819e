import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the pages once for all browser tests: what is tried is what is shipped. */
export default async function setup(): Promise<void> {
  const before = process.env.NODE_ENV;
  // The test runner's own value would give a build for developers.
  process.env.NODE_ENV = "production";
  try {
    await build({
      configFile: fileURLToPath(new URL("../../vite.config.ts", import.meta.url)),
      root: fileURLToPath(new URL("../..", import.meta.url)),
      mode: "production",
      logLevel: "warn",
    });
  } finally {
    process.env.NODE_ENV = before;
  }
}
