import { useI18n } from "vue-i18n";
import { useFormat } from "@/format";
import type { OutcomeName, Plan, ReportEntry, RunKind, RunSummary } from "@/module/report";

/** The words that several pages have for what the service says in codes. */
export function useWords() {
  const { t, te } = useI18n();
  const format = useFormat();

  /** A newer service may know more codes than these pages: they are shown as they are. */
  function word(group: string, code: string, values: Record<string, unknown> = {}): string {
    const key = `${group}.${code}`;
    return te(key) || te(key, "en") ? t(key, values) : code.replaceAll("_", " ");
  }

  function outcome(name: OutcomeName | null): string {
    return word("outcome", name ?? "unknown");
  }

  /** `1 of 7 failed`, `all 7 good`. */
  function counts({ outcome: name, bad, counted }: Counted): string {
    const values = { bad: format.number(bad), counted: format.number(counted) };
    if (name === null || counted === 0) return "";
    if (bad === 0) return name === "SUCCESS" ? t("run.good", values, counted) : "";
    return t("run.bad", values, bad);
  }

  function result(run: Counted): string {
    return [outcome(run.outcome), counts(run)].filter(Boolean).join(", ");
  }

  function planName(plan: Pick<Plan, "id" | "name">): string {
    const name = plan.name.trim();
    // The service gives the id for a name where there is none.
    return name === "" || name === plan.id ? t("plan.unnamed", { id: plan.id }) : name;
  }

  return {
    word,
    outcome,
    counts,
    result,
    planName,
    cause: (code: string) => word("cause", code),
    standing: (code: string) => word("standing", code),
    runKind: (kind: RunKind) => word("run_kind", kind),
    /** What a run is called where all that is said of it has to fit into one line. */
    runTitle(run: RunSummary): string {
      const parts = [format.time(run.at), result(run)];
      if (run.took_s !== null) parts.push(format.duration(run.took_s));
      if (run.kind === "hand_part" || run.kind === "hand_whole") {
        parts.push(word("run_kind", run.kind));
      }
      return parts.join(", ");
    },
    /** What a report is about. */
    reportTitle(entry: Pick<ReportEntry, "kind" | "plan" | "plan_name">): string {
      if (entry.plan !== null) {
        return planName({ id: entry.plan, name: entry.plan_name ?? "" });
      }
      return word("report_kind", entry.kind);
    },
  };
}

type Counted = Pick<RunSummary, "outcome" | "bad" | "counted">;
