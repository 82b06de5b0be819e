import { AbortedError, ValidationError, type Mistake } from "./errors";

/** How a task ended. */
export type Outcome = { output: unknown } | { error: AbortedError | ValidationError };

interface StoredResult {
  exit_code?: unknown;
  error?: unknown;
  output?: unknown;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

function toMistake(entry: Record<string, unknown>): Mistake {
  const parameter = text(entry.parameter);
  return {
    field: text(entry.field, parameter) || "(root)",
    parameter,
    error: text(entry.error, "unknown"),
    value: entry.value,
    message: text(entry.message),
  };
}

/** The mistakes in an answer, or null where it is no list of mistakes. */
export function mistakesIn(output: unknown): Mistake[] | null {
  if (!Array.isArray(output) || output.length === 0) return null;
  const entries: unknown[] = output;
  const good = entries.filter(isRecord).filter((entry) => typeof entry.error === "string");
  return good.length === entries.length ? good.map(toMistake) : null;
}

/** With these the agent and the actions end where the input is wrong: schema, own checks. */
const REFUSED: unknown[] = [10, 2];

/** Reads a task's result as it is stored: the same for every way a task can end. */
export function outcomeOf(action: string, result: unknown): Outcome {
  const stored: StoredResult = isRecord(result) ? result : {};
  if (stored.exit_code === 0) return { output: stored.output };
  const mistakes = mistakesIn(stored.output);
  if (mistakes) {
    const refused = REFUSED.includes(stored.exit_code);
    return { error: new ValidationError(action, mistakes, refused) };
  }
  const code = typeof stored.exit_code === "number" ? stored.exit_code : null;
  return { error: new AbortedError(action, text(stored.error).trim(), code, stored.output) };
}

/** Reads the list that comes with the event "validation failed". */
export function refusalOf(action: string, list: unknown): Outcome {
  const unknown = { field: "(root)", parameter: "", error: "unknown", value: null, message: "" };
  return { error: new ValidationError(action, mistakesIn(list) ?? [unknown]) };
}
