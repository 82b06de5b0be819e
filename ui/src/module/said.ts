/**
 * The words of a report's mail, in the language that was asked for: sentences and
 * table cells, as docs/JSON.md explains them. Nothing in them is markup.
 */
export interface Said {
  language: string;
  icon: string;
  headline: Mark;
  topic: string | null;
  counts: string | null;
  place: string | null;
  what: string;
  context: string[];
  why: string[];
  next: Step[];
  at_risk: string[];
  /** Every application of the report, in its order. */
  members: SaidMember[];
  /** Only of kind `all_well`. */
  plans: { name: string; id: string; schedule: string; newest: string }[];
  /** Only of kind `digest`. */
  overview: SaidOverview | null;
  /** Only of the kinds `digest` and `uncovered`. */
  uncovered: SaidTable<SaidUncovered> | null;
  destination: SaidDestination | null;
  warnings: string[];
  facts: { label: string; value: string }[];
  alerts: string[];
  zone: string;
  /** The zone's IANA name; an older service does not tell it. */
  timezone?: string | null;
}

export type Tone = "good" | "warning" | "bad" | "neutral";

export interface Mark {
  text: string;
  tone: Tone;
}

/** What to do, with a command where there is one. */
export interface Step {
  text: string;
  command: string | null;
}

export interface SaidMember {
  /** As `report.members` names it. */
  module: string;
  counts_as: "good" | "bad" | "not_at_all";
  name: string;
  /** Where `name` is another one. */
  id: string | null;
  node: string;
  result: Mark;
  start: string;
  duration: string;
  size: string;
  files: string;
  notes: string[];
}

export interface SaidTable<Row> {
  title: string;
  rows: Row[];
  /** How many are not there, in words. */
  left_out: string | null;
}

export interface SaidPlan {
  name: string;
  id: string;
  standing: Mark;
  icon: string;
  applications: string;
  newest: string;
  result: Mark;
  next: string;
  notes: string[];
}

export interface SaidAttention {
  name: string;
  id: string;
  node: string;
  plan: string;
  result: Mark;
  last_good: string;
}

export interface SaidUncovered {
  name: string;
  id: string;
  node: string;
  plan: string;
  since: string;
}

export interface SaidOverview {
  rows: SaidPlan[];
  left_out: string | null;
  attention: SaidTable<SaidAttention> | null;
}

export interface SaidProbe {
  module: string;
  path: string;
  answer: Mark;
  snapshots: string;
  newest: string;
  took: string;
  notes: string[];
}

export interface SaidDestination {
  name: string;
  provider: string;
  url: string;
  method: string;
  probes: SaidProbe[];
  left_out: string | null;
}
