import { computed, onScopeDispose, ref, shallowRef } from "vue";
import {
  isActionError,
  runAction,
  runClusterAction,
  type ActionError,
  type RunOptions,
} from "@/shell";
import type { ActionName, ClusterActionName, InputOf, OutputOf } from "./actions";

type AnyAction = ActionName | ClusterActionName;
type Run<N extends AnyAction> = (input: InputOf<N>, options: RunOptions) => Promise<OutputOf<N>>;

/** Reads and keeps what an action gives; only the newest question counts. */
function useRun<N extends AnyAction>(ask: Run<N>, options: RunOptions) {
  const data = shallowRef<OutputOf<N> | null>(null);
  const error = shallowRef<ActionError | null>(null);
  const busy = ref(false);
  const readAt = shallowRef<Date | null>(null);
  let current: AbortController | null = null;
  let ended = false;

  function stop(): void {
    current?.abort();
    current = null;
    busy.value = false;
  }

  async function run(input: InputOf<N>): Promise<OutputOf<N> | null> {
    if (ended) return null;
    current?.abort();
    const mine = new AbortController();
    current = mine;
    busy.value = true;
    try {
      const output = await ask(input, { ...options, signal: mine.signal });
      if (mine !== current) return null;
      data.value = output;
      error.value = null;
      readAt.value = new Date();
      return output;
    } catch (caught) {
      if (mine !== current) return null;
      if (!isActionError(caught)) throw caught;
      error.value = caught;
      return null;
    } finally {
      if (mine === current) busy.value = false;
    }
  }

  onScopeDispose(() => {
    ended = true;
    stop();
  });
  return { data, error, busy, readAt, run, stop, ready: computed(() => data.value !== null) };
}

/** An action of this application, for a component: ends with it. */
export function useAction<N extends ActionName>(action: N, options: RunOptions = {}) {
  return useRun<N>((input, more) => runAction(action, input, more), options);
}

/** An action of the cluster, for a component: ends with it. */
export function useClusterAction<N extends ClusterActionName>(action: N, options: RunOptions = {}) {
  return useRun<N>((input, more) => runClusterAction(action, input, more), options);
}
