/** Times are RFC 3339 in UTC, sizes bytes, as in docs/JSON.md. */
export type Time = string;

export type OutcomeName = "SUCCESS" | "PARTIAL" | "REPO_FAILURE";

export type ReportKind =
  "run" | "unknown_plan" | "redis_unreachable" | "all_well" | "uncovered" | "digest";

export type RunKind = "scheduled" | "hand_part" | "hand_whole" | "as_found";

export type Standing = "bad" | "unknown" | "good" | "disabled" | "empty";

export interface Plan {
  id: string;
  name: string;
  schedule: string;
  enabled: boolean;
}

export interface RunSummary {
  /** `null` for a run that nobody could judge, as is its outcome. */
  report: number | null;
  run: string;
  kind: RunKind;
  at: Time | null;
  took_s: number | null;
  outcome: OutcomeName | null;
  bad: number;
  counted: number;
  /** Of everything that was backed up; from the plan's details. */
  size?: number | null;
}

/** How a destination answered when it was asked last. */
export interface ProbeSummary {
  at: Time;
  health: "fine" | "failed" | "not_checked";
}

export interface OpenRun {
  at: Time;
  kind: RunKind;
  members: number;
  reported: number;
  failed: number;
}

export interface Attention {
  module: string;
  name: string | null;
  node: number | null;
  cause: string;
  ok_at: Time | null;
}

/** What its reports say of a plan. */
export interface PlanDetails {
  last_size: number | null;
  destination_probe: ProbeSummary | null;
}

export interface PlanOverview {
  plan: Plan;
  destination: string | null;
  destination_name: string | null;
  /** From the plan's details. */
  destination_probe?: ProbeSummary | null;
  standing: Standing;
  bad_since: Time | null;
  applications: number;
  last: RunSummary | null;
  open: OpenRun | null;
  next: Time | null;
  muted_until: Time | null;
  attention: Attention[];
  /** The newest run stands last. */
  strip: RunSummary[];
}

export interface Uncovered {
  module: string;
  name: string | null;
  node: number | null;
  plan: Plan | null;
  since: Time | null;
}

export interface Overview {
  made_at: Time;
  cluster_name: string | null;
  read_at: Time | null;
  redis_problem: string | null;
  voice: boolean;
  plans: PlanOverview[];
  uncovered: Uncovered[];
  queued_mails: number;
  undelivered_mails: number;
}

export interface ReportEntry {
  id: number;
  kind: ReportKind;
  made_at: Time;
  at: Time | null;
  plan: string | null;
  plan_name: string | null;
  run: string;
  run_kind: RunKind;
  outcome: OutcomeName;
  bad: number;
  counted: number;
  mailed: boolean;
}

export interface Member {
  module: string;
  name: string | null;
  node: number | null;
  node_name: string | null;
  cause: string;
  started: Time | null;
  duration_s: number | null;
  size: number | null;
  files: number | null;
  at_risk_since: Time | null;
  never_saved: boolean;
  ok_before: Time | null;
  busy_with: Plan | string | null;
  detail: string | null;
  unreadable: { key: string; reason: string } | null;
}

export interface Lock {
  owner: string | null;
  since: Time | null;
  exclusive: boolean;
}

export interface Probe {
  module: string;
  path: string;
  cause: string;
  snapshots: number | null;
  newest: Time | null;
  size: number | null;
  locks: Lock[];
  message: string | null;
  took_ms: number | null;
}

export interface Destination {
  id: string;
  name: string | null;
  provider: string | null;
  url: string | null;
  health: "fine" | "failed" | "not_checked";
  method: string;
  skipped: string | { unavailable: string } | null;
  probes: Probe[];
  left_out: number;
}

export interface ReportWarning {
  kind: string;
  [field: string]: unknown;
}

export interface Report {
  kind: ReportKind;
  made_at: Time;
  run: string;
  run_kind: RunKind;
  at: Time | null;
  applications: number | null;
  took_s: number | null;
  outcome: OutcomeName;
  motive: { kind: string; since?: Time } | null;
  thread: string | null;
  muted: { until: Time; held_back: number } | null;
  next_run: Time | null;
  causes: string[];
  plan: Plan | null;
  cluster_name: string | null;
  members: Member[];
  gone: string[];
  destination: Destination | null;
  warnings: ReportWarning[];
  advice: string[];
  alerts: Record<string, string>[];
  unknown_plans: string[];
  plans: { plan: Plan; last: Time | null }[];
  unreachable_since: Time | null;
  uncovered: Uncovered[];
  overview: Overview | null;
}

export interface Delivery {
  message_id: string;
  subject: string;
  to: string;
  state: "queued" | "sent" | "refused" | "undeliverable" | "not_sent";
  attempts: number;
  at: Time;
  next_attempt: Time | null;
  answer: string | null;
}
