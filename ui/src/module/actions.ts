import type {
  Delivery,
  OutcomeName,
  Overview,
  PlanDetails,
  Report,
  ReportEntry,
  Time,
} from "./report";
import type { Said } from "./said";
import type {
  Configuration,
  ConfigureInput,
  ConfigureOutput,
  Defaults,
  Language,
  SettingsWarning,
  TestMailOutput,
} from "./settings";

/** What every NS8 agent says of its instance. */
export interface InstanceStatus {
  instance: string;
  ui_name: string;
  node: string;
  node_ui_name: string;
  services: { name: string; active: boolean; enabled: boolean; failed: boolean }[];
  images: { name: string; size: string; created: string }[];
  volumes: { name: string; mount: string; created: string }[];
}

/** A mail that did not get to everybody: it waits, or somebody never gets it. */
export type MailTrouble = "queued" | "undelivered";

export interface ListReportsInput {
  limit?: number;
  offset?: number;
  plan?: string;
  outcome?: OutcomeName;
  mails?: MailTrouble;
  since?: Time;
  until?: Time;
  text?: string;
}

/** What became of a report that was mailed again. */
export interface Resent {
  format: string;
  id: number;
  /** The running service delivers it within seconds; else it was tried at once. */
  left_to_service: boolean;
  sent: number;
  waiting: number;
  lost: number;
}

/** What an action takes that takes nothing. */
export type Nothing = Record<string, never>;

interface Actions {
  "get-name": { input: null; output: { name: string } };
  "get-status": { input: null; output: InstanceStatus };
  "get-configuration": { input: Nothing; output: Configuration };
  "get-defaults": { input: Nothing; output: Defaults };
  "configure-module": { input: ConfigureInput; output: ConfigureOutput };
  "send-test-mail": { input: { to?: string[] }; output: TestMailOutput };
  "get-overview": {
    input: Nothing;
    output: {
      format: string;
      overview: Overview;
      details?: Record<string, PlanDetails>;
      warnings: SettingsWarning[];
    };
  };
  "list-reports": {
    input: ListReportsInput;
    output: { format: string; total: number; reports: ReportEntry[] };
  };
  "get-report": {
    input: { id: number; language: Language };
    output: { format: string; id: number; report: Report; deliveries: Delivery[]; said: Said };
  };
  "resend-report": { input: { id: number }; output: Resent };
  "run-check": {
    input: { plan?: string; notify?: boolean; language?: Language };
    /** `said` stands beside the reports, in their order, where a language was named. */
    output: { format: string; outcome: OutcomeName; reports: Report[]; said?: Said[] };
  };
}

/** What the core stores of the backups of the cluster's applications. */
export interface ClusterBackup {
  id: number;
  name: string;
  repository: string;
  enabled: boolean;
  instances: {
    module_id: string;
    status: {
      success: boolean;
      start: number;
      end: number;
      total_size?: number;
      total_file_count?: number;
    } | null;
  }[];
}

export interface InstalledModule {
  id: string;
  node: string;
  version: string;
  ui_name: string;
}

interface ClusterActions {
  "list-backups": { input: null; output: { backups: ClusterBackup[] } };
  "list-backup-repositories": {
    input: null;
    output: { repositories: { id: string; name: string }[] };
  };
  "list-installed-modules": { input: null; output: Record<string, InstalledModule[]> };
}

type AllActions = Actions & ClusterActions;
export type ActionName = keyof Actions;
export type ClusterActionName = keyof ClusterActions;
export type InputOf<N extends keyof AllActions> = AllActions[N]["input"];
export type OutputOf<N extends keyof AllActions> = AllActions[N]["output"];
