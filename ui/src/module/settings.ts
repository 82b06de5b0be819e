import type { Time } from "./report";

export type Language = "en" | "it";
export type NotifyOn = "failures" | "always";
export type ProbeMethod = "auto" | "api" | "restic" | "runagent" | "off";
export type Weekday =
  "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/** What one plan has of its own; `null` means: as for all plans. */
export interface PlanSettings {
  to: string[] | null;
  notify_on: NotifyOn | null;
  mute_until: Time | string | null;
}

/** The settings a person may set, nested as in the configuration file. */
export interface Settings {
  mail: {
    from: string | null;
    to: string[];
    subject_prefix: string;
    language: Language;
    timezone: string | null;
    admin_url: string | null;
    transport: "smarthost" | "smtp" | "sendmail" | "file";
    smtp: {
      host: string | null;
      encryption: "none" | "starttls" | "tls";
      port: number | null;
      username: string | null;
      tls_verify: boolean;
    };
  };
  receiver: { alert_names: string[] };
  correlator: { wait_seconds: number; recent_window: number; max_wait_seconds: number };
  redis: { poll_seconds: number };
  repo_check: {
    method: ProbeMethod;
    timeout: number;
    concurrency: number;
    max_per_report: number;
  };
  notify: { on: NotifyOn; reminder_hours: number };
  plans: Record<string, PlanSettings>;
  digest: { enabled: boolean; weekday: Weekday; hour: number };
  missed: { grace_minutes: number };
  schedule: { timezone: string | Record<string, string> | null };
  alertmanager: { url: string | null };
  history: { days: number };
  logging: { level: "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL" };
}

/** Of the last backup of this application itself. */
export function isOfOwnBackup({ code }: SettingsWarning): boolean {
  return code.startsWith("own_backup_");
}

/** A warning: the code has a translation, the rest are the values in it. */
export interface SettingsWarning {
  code: string;
  field?: string | null;
  /** The same as an English sentence. */
  message?: string;
  /** When it was. */
  time?: string;
  [value: string]: unknown;
}

/** What keeps the service from taking the settings. */
export interface SettingsMistake {
  /** The path with dots; `null` for the file as a whole. */
  field: string | null;
  code: string;
  value?: unknown;
  message: string;
}

export interface Configuration {
  configured: boolean;
  service: "running" | "starting" | "stopped" | "failed";
  /** `null` while the file cannot be read. */
  settings: Settings | null;
  webhook_token_set: boolean;
  smtp_password_set: boolean;
  webhook_url: string;
  webhook_url_vpn: string | null;
  mistakes: SettingsMistake[];
  warnings: SettingsWarning[];
}

/** What may stand in a setting. */
export interface Limits {
  kind: string;
  list: boolean;
  min: number | null;
  max: number | null;
  values: string[];
}

export interface Defaults {
  settings: Settings;
  /** By the path of the setting; `*` stands for the id of a plan. */
  limits: Record<string, Limits>;
  suggestions: { mail: { from: string | null } };
  plans: { id: string; name: string; schedule: string; enabled: boolean }[];
  nodes: { id: number; name: string | null }[];
  smarthost: {
    state: "enabled" | "disabled" | "missing" | "unknown";
    host: string | null;
    port: number | null;
  };
  timezone: string | null;
  timezones: string[];
  warnings: SettingsWarning[];
}

/** Every key may be left out (unchanged) or `null` (back to its default). */
export type Partially<T> = {
  [K in keyof T]?:
    (T[K] extends object ? (T[K] extends unknown[] ? T[K] : Partially<T[K]>) : T[K]) | null;
};

export type ConfigureInput = Partially<Settings> & {
  /** An empty text removes it. */
  webhook_token?: string;
  smtp_password?: string;
};

export interface ConfigureOutput {
  changed: boolean;
  applied: string;
  warnings: SettingsWarning[];
}

export interface TestMailOutput {
  format: string;
  /** `null` where there is no way out for mails. */
  via: string | null;
  results: { to: string; result: "accepted" | "refused" | "failed"; answer: string }[];
}
