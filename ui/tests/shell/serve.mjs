// Shows the built pages in the stand-in, to look at them: npm run build, then this.
import { fileURLToPath } from "node:url";
import { makeToken, startShell } from "./server.mjs";
import { schemaChecks } from "./schemas.mjs";
import { MODULE, world } from "./world.mjs";

const fresh = process.argv.includes("--first-visit");
const shell = await startShell({
  pages: fileURLToPath(new URL("../../dist", import.meta.url)),
  handlers: world({ configured: !fresh }).handlers,
  checks: schemaChecks(),
  port: Number(process.env.PORT ?? 0),
});
const login = JSON.stringify({ username: "admin", token: makeToken() });
console.log(`In the browser's console, once: localStorage.loginInfo = ${JSON.stringify(login)}`);
console.log(`${shell.url}#/apps/${MODULE}`);
