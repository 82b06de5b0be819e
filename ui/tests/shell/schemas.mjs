// The schemas of the module's own actions: what the pages send and what they are
// given here has to pass them, so that pages and actions cannot drift apart.
import fs from "node:fs";
import path from "node:path";
import { Ajv } from "ajv";

const ACTIONS = path.join(import.meta.dirname, "../../../imageroot/actions");

function read(action, which) {
  return JSON.parse(fs.readFileSync(`${ACTIONS}/${action}/validate-${which}.json`, "utf8"));
}

export function ownActions() {
  return fs
    .readdirSync(ACTIONS)
    .filter((action) => fs.existsSync(`${ACTIONS}/${action}/validate-output.json`))
    .sort();
}

/** The examples that an action's schema gives of its inputs or outputs. */
export function examples(action, which = "output") {
  return structuredClone(read(action, which).examples ?? []);
}

function isDateTime(text) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text));
}

function validators(which) {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: { "date-time": isDateTime } });
  const known = new Map();
  for (const action of ownActions()) {
    if (!fs.existsSync(`${ACTIONS}/${action}/validate-${which}.json`)) continue;
    known.set(action, ajv.compile(read(action, which)));
  }
  return (action, value) => {
    const validate = known.get(action);
    if (!validate || validate(value ?? null)) return null;
    return `${action} ${which}: ${ajv.errorsText(validate.errors)}`;
  };
}

let checks = null;

/** For `startShell`: what is wrong with an input or output of an own action. */
export function schemaChecks() {
  checks ??= { input: validators("input"), output: validators("output") };
  return checks;
}
