// An instance of the module as the pages meet it: what its actions answer, with
// a memory of what was configured. It begins with the examples of the schemas.
import { examples } from "./schemas.mjs";

export const MODULE = "backup-monitor1";

/** Puts a change into settings as configure-module does; `null` means the default. */
export function merge(settings, change, defaults) {
  const merged = { ...settings };
  for (const [key, value] of Object.entries(change)) {
    const default_ = defaults?.[key];
    const isSection = typeof value === "object" && value !== null && !Array.isArray(value);
    if (value === null) {
      if (default_ === undefined) delete merged[key];
      else merged[key] = default_;
    } else if (isSection && key !== "timezone") {
      merged[key] = merge(settings[key] ?? {}, value, default_ ?? {});
    } else {
      merged[key] = value;
    }
  }
  return merged;
}

function planEntry(entry) {
  return { to: null, notify_on: null, mute_until: null, ...entry };
}

/** The values at a path with dots, each with its own path; `*` stands for any name. */
function valuesAt(tree, path, at = []) {
  const [key, ...rest] = path;
  if (key === undefined) return [[at.join("."), tree]];
  const names = key === "*" ? Object.keys(tree ?? {}) : [key];
  return names.flatMap((name) => valuesAt(tree?.[name], rest, [...at, name]));
}

/** What a limit says of a value, by the code that the service has for it. */
function beyond({ kind, min, max, values }, value) {
  const outside = (size) => (min !== null && size < min) || (max !== null && size > max);
  if (kind === "number" && outside(value)) return "out_of_range";
  if (kind === "text" && outside([...value].length)) return "wrong_length";
  if (kind === "choice" && !values.includes(value)) return "not_one_of";
  return null;
}

/** What the service would refuse, as far as the pages have to be tried with it. */
export function refusals(settings, limits) {
  const refused = [];
  const refuse = (field, error, value) =>
    refused.push({
      field,
      parameter: field.split(".")[0],
      error,
      value,
      message: `${field}: ${error}`,
    });
  if (!settings.mail.from) refuse("mail.from", "missing", null);
  if (settings.mail.to.length === 0) refuse("mail.to", "missing", null);
  settings.mail.to.forEach((address, i) => {
    if (!/^[^\s@]+@[^\s@]+$/.test(address)) refuse(`mail.to.${i}`, "not_an_address", address);
  });
  if (settings.mail.transport === "smtp" && !settings.mail.smtp.host) {
    refuse("mail.smtp.host", "missing", null);
  }
  for (const [pattern, limit] of Object.entries(limits)) {
    for (const [path, value] of valuesAt(settings, pattern.split("."))) {
      const all = Array.isArray(value)
        ? value.map((one, i) => [`${path}.${i}`, one])
        : [[path, value]];
      for (const [field, one] of all) {
        const error = one === null || one === undefined ? null : beyond(limit, one);
        if (error) refuse(field, error, one);
      }
    }
  }
  return refused;
}

class Instance {
  constructor({ configured = true } = {}) {
    const [configuredExample, fresh] = examples("get-configuration");
    this.defaults = examples("get-defaults")[0];
    this.configuration = configured ? configuredExample : fresh;
    this.secrets = {};
  }

  configure({ webhook_token: token, smtp_password: password, ...change }) {
    const { configuration, defaults } = this;
    const settings = merge(configuration.settings, change, defaults.settings);
    for (const [id, entry] of Object.entries(settings.plans)) settings.plans[id] = planEntry(entry);
    const refused = refusals(settings, defaults.limits);
    if (refused.length > 0) return { validation: refused };
    const first = !configuration.configured;
    if (token !== undefined) this.secrets.webhook = token;
    if (password !== undefined) this.secrets.smtp = password;
    this.configuration = {
      ...configuration,
      configured: true,
      service: "running",
      settings,
      mistakes: [],
      webhook_token_set: token === undefined ? configuration.webhook_token_set : token !== "",
      smtp_password_set: password === undefined ? configuration.smtp_password_set : password !== "",
    };
    return {
      output: {
        changed: true,
        applied: first ? "started" : "reloaded",
        warnings: configuration.warnings,
      },
      steps: [50],
    };
  }

  testMail(to) {
    const recipients = to ?? this.configuration.settings.mail.to;
    return {
      format: "ns8-backup-monitor/test-mail/1",
      via: "smtp.example.org:587",
      results: recipients.map((address) => ({
        to: address.replace(/^(.).*(.)@/, "$1***$2@"),
        result: address.includes("refused") ? "refused" : "accepted",
        answer: address.includes("refused") ? "550 5.1.1 No such user" : "250 2.0.0 Queued",
      })),
    };
  }
}

export function statusOf(module = MODULE) {
  return {
    instance: module,
    ui_name: "",
    node: "1",
    node_ui_name: "rl1",
    services: [
      { name: "backup-monitor", active: true, enabled: true, failed: false },
      { name: "agent", active: true, enabled: true, failed: false },
    ],
    images: [
      {
        name: "localhost/backup-monitor-service:0.1.0",
        size: "14.2 MB",
        created: "2026-11-20 10:15:52 +0000 UTC",
      },
    ],
    volumes: [
      {
        name: "backup-monitor-state",
        mount: `/home/${module}/.local/share/containers/storage/volumes/backup-monitor-state/_data`,
        created: "2026-11-20 10:19:45 +0000 UTC",
      },
    ],
  };
}

/** The handlers of an instance, and the instance. `extra` comes in place of its own. */
export function world({ configured = true, extra = {} } = {}) {
  const instance = new Instance({ configured });
  const example =
    (action, index = 0) =>
    () => ({ output: examples(action)[index] });
  const handlers = {
    "module/get-name": () => ({ output: { name: "" } }),
    "module/get-status": () => ({ output: statusOf() }),
    "module/get-configuration": () => ({ output: instance.configuration }),
    "module/get-defaults": () => ({ output: instance.defaults }),
    "module/configure-module": (input) => instance.configure(input ?? {}),
    "module/send-test-mail": (input) => ({ output: instance.testMail(input?.to), delay: 50 }),
    "module/get-overview": example("get-overview"),
    "module/list-reports": example("list-reports"),
    "module/get-report": example("get-report"),
    "module/resend-report": (input) => ({
      output: { ...examples("resend-report")[0], id: input.id },
    }),
    "module/run-check": () => ({ output: examples("run-check")[0], steps: [20, 40, 60, 80] }),
    "cluster/list-backups": () => ({ output: { backups: [], unconfigured_instances: [] } }),
    "cluster/list-backup-repositories": () => ({ output: { repositories: [] } }),
    "cluster/list-installed-modules": () => ({
      output: {
        "localhost/backup-monitor": [{ id: MODULE, node: "1", version: "0.1.0", ui_name: "" }],
      },
    }),
    ...extra,
  };
  return { handlers, instance };
}
