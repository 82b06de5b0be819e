import { postTask, taskResult } from "./api";
import { BadAnswerError, CancelledError, NoAnswerError } from "./errors";
import type { Host, ShellListener } from "./host";
import { isRecord, outcomeOf, refusalOf, type Outcome } from "./outcome";
import { pause, uuid } from "./wait";

/** What the shell shows of a task in its own notifications. */
export interface Announcement {
  title: string;
  description?: string;
}

export interface TaskRequest {
  /** `module/<id>` or `cluster`. */
  agent: string;
  action: string;
  data?: unknown;
  /** Without one, the shell shows nothing of a task that goes well. */
  announce?: Announcement;
  onProgress?: (percent: number) => void;
  /** How long to wait for the end, in seconds. */
  limitSeconds?: number;
  signal?: AbortSignal;
}

const DEFAULT_LIMIT_S = 120;
/** After so much silence the task's state is looked up: its event may be lost. */
const FIRST_LOOK_MS = 4_000;
const LONGEST_LOOK_MS = 15_000;

/** The listeners of one task, which all go together. */
class Listeners {
  private readonly all: [string, ShellListener][] = [];
  constructor(
    private readonly host: Host,
    private readonly suffix: string,
  ) {}

  on(name: string, listener: ShellListener): void {
    const event = `${name}-${this.suffix}`;
    this.host.shell.core.$root.$on(event, listener);
    this.all.push([event, listener]);
  }

  removeAll(): void {
    for (const [event, listener] of this.all) this.host.shell.core.$root.$off(event, listener);
  }
}

interface Watch {
  /** Ends with the outcome that an event brought. */
  told: Promise<Outcome>;
  /** When the last sign of life came. */
  heardAt: () => number;
}

function watchEvents(request: TaskRequest, listeners: Listeners): Watch {
  const { action } = request;
  let heard = Date.now();
  const told = new Promise<Outcome>((resolve) => {
    listeners.on(`${action}-completed`, (_context, result) =>
      resolve({ output: (result as { output?: unknown } | null)?.output }),
    );
    listeners.on(`${action}-aborted`, (result) => resolve(outcomeOf(action, result)));
    listeners.on(`${action}-validation-failed`, (list) => resolve(refusalOf(action, list)));
    listeners.on(`${action}-progress`, (percent) => {
      heard = Date.now();
      if (typeof percent === "number") request.onProgress?.(percent);
    });
  });
  return { told, heardAt: () => heard };
}

async function lookUntilDone(
  host: Host,
  request: TaskRequest,
  id: string,
  watch: Watch,
  signal: AbortSignal,
): Promise<Outcome> {
  let every = FIRST_LOOK_MS;
  for (;;) {
    const quietSince = watch.heardAt();
    await pause(every, signal, request.action);
    if (watch.heardAt() !== quietSince) continue;
    const result = await taskResult(host, request.agent, request.action, id, signal);
    if (result !== null) return outcomeOf(request.action, result);
    every = Math.min(LONGEST_LOOK_MS, every * 1.5);
  }
}

async function limitOf(request: TaskRequest, signal: AbortSignal): Promise<never> {
  const seconds = request.limitSeconds ?? DEFAULT_LIMIT_S;
  await pause(seconds * 1000, signal, request.action);
  throw new NoAnswerError(request.action, seconds);
}

function extraOf(request: TaskRequest, eventId: string): object {
  return {
    title: request.announce?.title ?? request.action,
    description: request.announce?.description ?? "",
    eventId,
    isNotificationHidden: !request.announce,
    isProgressNotified: !!request.onProgress,
  };
}

/**
 * Runs a task and gives its output, or throws an `ActionError`. It ends in every
 * case: with an event, with the stored state where no event comes, at its limit,
 * with these pages, or when nobody waits any more; and leaves no listener or timer behind.
 */
export async function runTask(host: Host, request: TaskRequest): Promise<unknown> {
  const ends = [host.life, request.signal];
  if (ends.some((end) => end?.aborted)) throw new CancelledError(request.action);
  const eventId = uuid();
  const listeners = new Listeners(host, eventId);
  const stop = new AbortController();
  const onCancel = () => stop.abort();
  for (const end of ends) end?.addEventListener("abort", onCancel);
  try {
    const watch = watchEvents(request, listeners);
    const limit = limitOf(request, stop.signal);
    const asked = postTask(
      host,
      request.agent,
      { action: request.action, data: request.data, extra: extraOf(request, eventId) },
      stop.signal,
    ).then((id) => lookUntilDone(host, request, id, watch, stop.signal));
    const outcome = await Promise.race([watch.told, asked, limit]);
    if ("error" in outcome) throw outcome.error;
    if (!isRecord(outcome.output)) throw new BadAnswerError(request.action);
    return outcome.output;
  } finally {
    for (const end of ends) end?.removeEventListener("abort", onCancel);
    stop.abort();
    listeners.removeAll();
  }
}
