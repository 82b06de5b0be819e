/** One thing that is wrong with what was sent to an action. */
export interface Mistake {
  /** The dotted path of the value, `mail.to.0`, or `(root)`. */
  field: string;
  parameter: string;
  /** A code with a translation. */
  error: string;
  value: unknown;
  /** The same as an English sentence, where the action gave one. */
  message: string;
}

/** Why an action gave no output. */
export type ActionError =
  ValidationError | AbortedError | BadAnswerError | HttpError | NoAnswerError | CancelledError;

abstract class TaskError extends Error {
  constructor(
    readonly action: string,
    message: string,
  ) {
    super(`${action}: ${message}`);
    this.name = new.target.name;
  }
}

/** What was sent is wrong, and nothing was done; or a list of why it was done in part only. */
export class ValidationError extends TaskError {
  readonly kind = "validation";
  constructor(
    action: string,
    readonly mistakes: Mistake[],
    /** Whether the action refused what was sent before it did anything. */
    readonly refused = true,
  ) {
    super(action, mistakes.map((mistake) => `${mistake.field}: ${mistake.error}`).join(", "));
  }
}

/** The action began and failed; `detail` is what it said for people who look into it. */
export class AbortedError extends TaskError {
  readonly kind = "aborted";
  constructor(
    action: string,
    readonly detail: string,
    readonly exitCode: number | null,
    readonly output: unknown,
  ) {
    super(action, detail || `exit code ${exitCode ?? "unknown"}`);
  }
}

/** The action ended well, and what it gave is nothing that an action gives. */
export class BadAnswerError extends TaskError {
  readonly kind = "bad_answer";
  constructor(action: string) {
    super(action, "the output is no object");
  }
}

/** The api-server refused, or was not reached at all (`status` 0). */
export class HttpError extends TaskError {
  readonly kind = "http";
  constructor(
    action: string,
    readonly status: number,
    readonly detail: string,
    /** Whether the task was there already when this came. */
    readonly queued = false,
  ) {
    super(action, `HTTP ${status} ${detail}`.trim());
  }
}

/** No answer came in the time given. The action may still be at work. */
export class NoAnswerError extends TaskError {
  readonly kind = "timeout";
  constructor(
    action: string,
    readonly seconds: number,
  ) {
    super(action, `no answer within ${seconds} s`);
  }
}

/** Nobody waits for the answer any more. */
export class CancelledError extends TaskError {
  readonly kind = "cancelled";
  constructor(action: string) {
    super(action, "nobody waits for it any more");
  }
}

/** Whether what was asked for may have been done all the same. */
export function mayBeDone(error: ActionError): boolean {
  if (error.kind === "http") return error.queued || error.status === 0 || error.status >= 500;
  return error.kind !== "validation" || !error.refused;
}

/** Whether the server serves this login no more: to ask again by itself leads nowhere. */
export function isRefused(error: ActionError | null): boolean {
  return error?.kind === "http" && (error.status === 401 || error.status === 403);
}

export function isActionError(error: unknown): error is ActionError {
  return error instanceof TaskError;
}
