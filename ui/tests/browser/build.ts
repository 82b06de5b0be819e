import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Builds the pages once for all browser tests: what is tried is what is shipped. */
export default async function setup(): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL("../../vite.config.ts", import.meta.url)),
    root: fileURLToPath(new URL("../..", import.meta.url)),
    logLevel: "warn",
  });
}
