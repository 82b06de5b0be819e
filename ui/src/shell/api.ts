import { CancelledError, HttpError, isRefused } from "./errors";
import type { Host } from "./host";
import { pause } from "./wait";

const ANSWER_LIMIT_MS = 30_000;
const TRIES_WHEN_BUSY = 4;
const LONGEST_PAUSE_MS = 15_000;

interface Answer {
  status: number;
  retryAfterMs: number;
  message: string;
  data: unknown;
}

async function send(
  host: Host,
  action: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Answer> {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, ANSWER_LIMIT_MS);
  signal.addEventListener("abort", stop);
  try {
    const response = await fetch(`${host.shell.core.$root.apiUrl}/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        Authorization: `Bearer ${host.token() ?? ""}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: limit.signal,
    });
    const parsed = (await response.json().catch(() => ({}))) as {
      message?: unknown;
      data?: unknown;
    } | null;
    return {
      status: response.status,
      retryAfterMs: Number(response.headers.get("Retry-After") ?? 1) * 1000,
      message: typeof parsed?.message === "string" ? parsed.message : "",
      data: parsed?.data,
    };
  } catch {
    if (signal.aborted) throw new CancelledError(action);
    return { status: 0, retryAfterMs: 0, message: "", data: undefined };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function pauseOf(answer: Answer, tried: number): number {
  const asked = Number.isFinite(answer.retryAfterMs) ? answer.retryAfterMs : 1000;
  return Math.min(LONGEST_PAUSE_MS, Math.max(asked, 250 * 2 ** tried));
}

/** Queues a task; gives its id. While the server has too much to do, asks again. */
export async function postTask(
  host: Host,
  agent: string,
  task: { action: string; data?: unknown; extra: object },
  signal: AbortSignal,
): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    const answer = await send(host, task.action, `${agent}/tasks`, task, signal);
    if (answer.status === 201 || answer.status === 200) {
      const id = (answer.data as { id?: unknown } | null)?.id;
      if (typeof id === "string") return id;
      throw new HttpError(task.action, answer.status, "the answer names no task", true);
    }
    if (answer.status !== 429 || tried === TRIES_WHEN_BUSY) {
      throw new HttpError(task.action, answer.status, answer.message);
    }
    await pause(pauseOf(answer, tried), signal, task.action);
  }
}

/** The stored result of a task, or null while there is none. */
export async function taskResult(
  host: Host,
  agent: string,
  action: string,
  id: string,
  signal: AbortSignal,
): Promise<unknown> {
  const answer = await send(host, action, `${agent}/task/${id}/status`, undefined, signal);
  if (answer.status === 200) return answer.data;
  const refused = new HttpError(action, answer.status, answer.message, true);
  if (isRefused(refused)) throw refused;
  return null;
}
