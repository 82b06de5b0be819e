import type { ActionError } from "@/shell";

/** Which of the texts below `error.` fits; what it is about, for people who look into it. */
export interface Explanation {
  key: string;
  values: Record<string, unknown>;
  detail: string;
}

const HTTP_KEYS: Record<number, string> = {
  0: "unreachable",
  401: "logged_out",
  403: "forbidden",
  404: "agent_away",
  429: "too_many",
};

/** Troubles that the module's actions tell by a code, as a refusal or as a failure. */
const TROUBLES = new Set([
  "not_configured",
  "service_not_running",
  "service_timeout",
  "answer_too_large",
  "configuration_wrong",
  "service_failed",
  "service_not_started",
  "program_failed",
  "nothing_to_check",
  "internal_error",
  "no_such_report",
  "no_such_plan",
  "cluster_unreachable",
]);

/** Why an action gave no output, as a text for the page: what happened and what to do. */
export function explain(error: ActionError): Explanation {
  switch (error.kind) {
    case "http": {
      const key = HTTP_KEYS[error.status] ?? "server";
      return { key, values: { status: error.status }, detail: error.detail };
    }
    case "timeout":
      return { key: "no_answer", values: { seconds: error.seconds }, detail: "" };
    case "validation": {
      const [first] = error.mistakes;
      if (error.mistakes.length === 1 && first && TROUBLES.has(first.error)) {
        return { key: first.error, values: {}, detail: first.message };
      }
      const detail = error.mistakes.map((m) => `${m.field}: ${m.message || m.error}`).join("\n");
      return { key: "refused", values: {}, detail };
    }
    case "aborted":
      return { key: "aborted", values: {}, detail: error.detail };
    case "bad_answer":
      return { key: error.kind, values: {}, detail: error.message };
    case "cancelled":
      return { key: "cancelled", values: {}, detail: "" };
  }
}
