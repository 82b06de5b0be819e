import type { State } from "@/components/StateIcon.vue";
import type { Overview, PlanOverview } from "@/module/report";

/** One sentence on the whole cluster: a text below `overview.cluster.`, and its numbers. */
export interface ClusterSentence {
  key: string;
  state: State;
  /** Decides between one and many. */
  count: number;
  all: number;
  /** Whether it is of an older reading, since the cluster cannot be read now. */
  stale: boolean;
}

/** Whether somebody should look at it. */
export function needsAttention(plan: PlanOverview): boolean {
  return plan.standing === "bad" || plan.attention.length > 0;
}

type Said = Omit<ClusterSentence, "stale">;

function ofPlans(plans: PlanOverview[]): Said {
  const all = plans.length;
  const said = (key: string, state: State, count = all) => ({ key, state, count, all });
  const bad = plans.filter(needsAttention).length;
  if (all === 0) return said("no_plan", "warning");
  if (bad > 0) return said(all === 1 ? "only_bad" : "bad", "bad", bad);
  const standing = (name: string) => plans.filter((plan) => plan.standing === name).length;
  if (standing("good") === all) return said("good", "good");
  if (standing("disabled") === all) return said("disabled", "warning");
  if (standing("disabled") + standing("empty") === all) return said("idle", "warning");
  if (standing("empty") > 0) return said("empty", "warning", standing("empty"));
  if (standing("good") > 0) return said("some_good", "good", standing("good"));
  const seen = plans.some((plan) => plan.last !== null || plan.strip.length > 0);
  return said(seen ? "unknown" : "no_run", "unknown");
}

/** The plans come before all else; what stands beside them is told where they are fine. */
function ofAll({ plans, uncovered, undelivered_mails }: Overview): Said {
  const sentence = ofPlans(plans);
  if (sentence.state !== "good") return sentence;
  const beside = (key: string, count: number): Said => ({
    ...sentence,
    key,
    state: "warning",
    count,
  });
  if (uncovered.length > 0) return beside("uncovered", uncovered.length);
  if (undelivered_mails > 0) return beside("undelivered", undelivered_mails);
  return sentence;
}

/** What an administrator wants to know first. */
export function clusterSentence(overview: Overview): ClusterSentence {
  const { plans, redis_problem, read_at } = overview;
  const stale = redis_problem !== null;
  // Without a first reading nothing is known; an old one is still worth its words.
  if (read_at === null) {
    const key = stale ? "unreadable" : "not_read";
    return { key, state: "unknown", count: plans.length, all: plans.length, stale: false };
  }
  const sentence = ofAll(overview);
  // Nothing that was read long ago is good without a doubt.
  const state = stale && sentence.state === "good" ? "warning" : sentence.state;
  return { ...sentence, state, stale };
}

/** What a new user should do first, as far as the service runs. */
export type FirstStep = "make_plan" | "run_first" | null;

export function firstStep(overview: Overview): FirstStep {
  if (overview.read_at === null || overview.redis_problem !== null) return null;
  if (overview.plans.length === 0) return "make_plan";
  const seen = overview.plans.some((plan) => plan.last !== null || plan.open !== null);
  const waiting = overview.plans.some((plan) => plan.standing === "unknown");
  return !seen && waiting ? "run_first" : null;
}
