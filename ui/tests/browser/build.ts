import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Builds the pages once for all browser tests: what is tried is what is shipped. In a
 * process of its own, since the test runner leaves its marks on a build within it.
 */
export default function setup(): void {
  const own = Object.entries(process.env).filter(([name]) => !/^(NODE_ENV|VITE)/.test(name));
  execFileSync("npm", ["run", "--silent", "build", "--", "--logLevel", "warn"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: Object.fromEntries(own),
    stdio: "inherit",
  });
}
