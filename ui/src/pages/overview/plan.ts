import type { OpenRun, PlanDetails, PlanOverview } from "@/module/report";

/** How much of an open run is done, of a hundred; `null` while nobody knows how much there is. */
export function runProgress(open: OpenRun): number | null {
  if (open.members <= 0) return null;
  return Math.min(100, Math.round((100 * open.reported) / open.members));
}

/** The place in a strip that a key leads to. */
export function nextInStrip(key: string, current: number, length: number): number | null {
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, current - 1);
    case "ArrowRight":
      return Math.min(length - 1, current + 1);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}

/** The moment on the clock of the cluster, from when and what it said last. */
export function clusterNow(madeAt: string, readAt: Date, now: Date): Date {
  const made = new Date(madeAt).getTime();
  if (Number.isNaN(made)) return now;
  return new Date(made + Math.max(0, now.getTime() - readAt.getTime()));
}

/** The plans with what their reports say of them, where they have any. */
export function withDetails(
  plans: PlanOverview[],
  details: Record<string, PlanDetails> = {},
): PlanOverview[] {
  return plans.map((plan) => {
    const own = details[plan.plan.id];
    if (!own) return plan;
    const last = plan.last && { ...plan.last, size: own.last_size };
    return { ...plan, last, destination_probe: own.destination_probe };
  });
}
