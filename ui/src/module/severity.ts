/** How the cause of an application counts, as docs/JSON.md has it. */
export type Severity = "bad" | "good" | "not_at_all";

export function severity(cause: string): Severity {
    if (cause === "ok" || cause === "unreported") return "good";
    return cause === "not_due" || cause === "excluded" ? "not_at_all" : "bad";
}
