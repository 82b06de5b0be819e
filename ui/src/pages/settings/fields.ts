/**
 * The settings as the form has them: one line for each, by its path in the
 * configuration. Labels and explanations are `settings.field.<path with _>`.
 */
export type FieldKind =
  | "text"
  | "address"
  | "addresses"
  | "lines"
  | "url"
  | "host"
  | "number"
  | "choice"
  | "toggle"
  | "zone"
  | "date";

export interface Field {
  path: string;
  kind: FieldKind;
  /** Has to be filled in before the service can start. */
  required?: boolean;
  /** Choices that are offered although there may be more in a file edited by hand. */
  offered?: string[];
  /** The name of the unit behind a number, `settings.unit.<unit>`. */
  unit?: "seconds" | "minutes" | "hours" | "days" | "oclock";
  /** Belongs to a choice: is on the page only while another field has this value. */
  when?: { path: string; is: string | boolean };
}

export interface Group {
  name: string;
  fields: Field[];
}

export const MAIL: Field[] = [
  { path: "mail.to", kind: "addresses", required: true },
  { path: "mail.from", kind: "address", required: true },
  { path: "mail.language", kind: "choice" },
  { path: "mail.subject_prefix", kind: "text" },
  { path: "mail.timezone", kind: "zone" },
  { path: "mail.admin_url", kind: "url" },
];

export const OCCASIONS: Field[] = [
  { path: "notify.on", kind: "choice" },
  { path: "notify.reminder_hours", kind: "number", unit: "hours" },
  { path: "digest.enabled", kind: "toggle" },
];

const withDigest = { path: "digest.enabled", is: true };
export const DIGEST: Field[] = [
  { path: "digest.weekday", kind: "choice", when: withDigest },
  { path: "digest.hour", kind: "number", unit: "oclock", when: withDigest },
];

export const TRANSPORT: Field = {
  path: "mail.transport",
  kind: "choice",
  offered: ["smarthost", "smtp"],
};

const bySmtp = { path: TRANSPORT.path, is: "smtp" };
export const SMTP: Field[] = [
  { path: "mail.smtp.host", kind: "host", when: bySmtp },
  { path: "mail.smtp.encryption", kind: "choice", when: bySmtp },
  { path: "mail.smtp.port", kind: "number", when: bySmtp },
  { path: "mail.smtp.tls_verify", kind: "toggle", when: bySmtp },
  { path: "mail.smtp.username", kind: "text", when: bySmtp },
];

/** What hardly anybody has to change. */
export const ADVANCED: Group[] = [
  {
    name: "timing",
    fields: [
      { path: "missed.grace_minutes", kind: "number", unit: "minutes" },
      { path: "correlator.max_wait_seconds", kind: "number", unit: "seconds" },
      { path: "correlator.wait_seconds", kind: "number", unit: "seconds" },
      { path: "redis.poll_seconds", kind: "number", unit: "seconds" },
    ],
  },
  {
    name: "probe",
    fields: [
      { path: "repo_check.method", kind: "choice", offered: ["auto", "api", "off"] },
      { path: "repo_check.timeout", kind: "number", unit: "seconds" },
      { path: "repo_check.concurrency", kind: "number" },
      { path: "repo_check.max_per_report", kind: "number" },
    ],
  },
  {
    name: "alerts",
    fields: [
      { path: "alertmanager.url", kind: "url" },
      { path: "receiver.alert_names", kind: "lines" },
      { path: "correlator.recent_window", kind: "number", unit: "seconds" },
    ],
  },
  {
    name: "keeping",
    fields: [
      { path: "history.days", kind: "number", unit: "days" },
      { path: "logging.level", kind: "choice" },
    ],
  },
];

/** The zones of schedules have a form of their own. */
export const SCHEDULE_ZONES = "schedule.timezone";

export function planFields(id: string): Field[] {
  return [
    { path: `plans.${id}.to`, kind: "addresses" },
    { path: `plans.${id}.notify_on`, kind: "choice" },
    { path: `plans.${id}.mute_until`, kind: "date" },
  ];
}

/** Every field of the form, with those of these plans. */
export function allFields(planIds: string[]): Field[] {
  return [
    ...MAIL,
    ...OCCASIONS,
    ...DIGEST,
    TRANSPORT,
    ...SMTP,
    ...ADVANCED.flatMap((group) => group.fields),
    ...planIds.flatMap(planFields),
  ];
}

const PLAN = /^plans\.[^.]+\./;

/** The path as the tables of limits and labels have it. */
export function pattern(path: string): string {
  return path.replace(PLAN, "plans.*.");
}

/** The key of a field's label and explanation. */
export function labelKey(path: string): string {
  return `settings.field.${path.replace(PLAN, "plan.").replaceAll(".", "_")}`;
}
