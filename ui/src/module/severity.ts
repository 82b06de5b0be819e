import type { Report } from "./report";

/** How the cause of an application counts, as docs/JSON.md has it. */
export type Severity = "bad" | "good" | "not_at_all";

export function severity(cause: string): Severity {
  if (cause === "ok" || cause === "unreported") return "good";
  return cause === "not_due" || cause === "excluded" ? "not_at_all" : "bad";
}

/** How many applications of a report failed, and of how many. */
export function countsOf(report: Pick<Report, "members">): { bad: number; counted: number } {
  const severities = report.members.map((member) => severity(member.cause));
  const bad = severities.filter((one) => one === "bad").length;
  return { bad, counted: bad + severities.filter((one) => one === "good").length };
}
