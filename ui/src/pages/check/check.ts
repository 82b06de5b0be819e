import { readonly, shallowReactive } from "vue";
import type { OutputOf } from "@/module/actions";
import type { Language } from "@/module/settings";
import { isActionError, runAction, type ActionError } from "@/shell";

export type CheckOutput = OutputOf<"run-check">;

/** What a check is of; no plan means every enabled one. */
export interface CheckRequest {
  plan: string | null;
  planName: string;
  notify: boolean;
}

export interface CheckState {
  phase: "idle" | "running" | "done" | "failed";
  request: CheckRequest | null;
  percent: number | null;
  output: CheckOutput | null;
  error: ActionError | null;
  endedAt: Date | null;
  /** Whether the result was looked at. */
  seen: boolean;
}

/** The action itself gives up after an hour. */
const LIMIT_SECONDS = 3_700;

const IDLE: CheckState = {
  phase: "idle",
  request: null,
  percent: null,
  output: null,
  error: null,
  endedAt: null,
  seen: false,
};

const state = shallowReactive<CheckState>({ ...IDLE });

/**
 * The one check of this visit. It takes minutes where there are many repositories,
 * so it goes on while other pages are looked at.
 */
export const check = readonly(state) as Readonly<CheckState>;

export async function startCheck(
  request: CheckRequest,
  language: Language,
  announcement: string,
): Promise<void> {
  if (state.phase === "running") return;
  Object.assign(state, { ...IDLE, phase: "running", request });
  try {
    const output = await runAction(
      "run-check",
      {
        ...(request.plan === null ? {} : { plan: request.plan }),
        notify: request.notify,
        language,
      },
      {
        announce: { title: announcement },
        onProgress: (percent) => (state.percent = percent),
        limitSeconds: LIMIT_SECONDS,
      },
    );
    Object.assign(state, { phase: "done", output });
  } catch (error) {
    if (!isActionError(error)) {
      Object.assign(state, IDLE);
      throw error;
    }
    Object.assign(state, { phase: "failed", error });
  } finally {
    state.endedAt = new Date();
  }
}

/** Its result was looked at: other pages need not tell of it any more. */
export function markSeen(): void {
  if (state.phase !== "running") state.seen = true;
}

/** Makes room for another one. */
export function forgetCheck(): void {
  if (state.phase !== "running") Object.assign(state, IDLE);
}
