import type { Report } from "@/module/report";
import type { Said } from "@/module/said";
import type { CheckOutput } from "./check";

/** A report of a check with its words, where the service gave them. */
export interface CheckedReport {
  key: string;
  report: Report;
  said: Said | null;
}

const WORST = { REPO_FAILURE: 0, PARTIAL: 1, SUCCESS: 2 };

/** The reports of a check, the worst first. */
export function checkedReports(output: CheckOutput): CheckedReport[] {
  return output.reports
    .map((report, index) => ({
      key: report.plan?.id ?? `${report.kind}-${index}`,
      report,
      said: output.said?.[index] ?? null,
    }))
    .sort((a, b) => WORST[a.report.outcome] - WORST[b.report.outcome]);
}
