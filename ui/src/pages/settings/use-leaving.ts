import { onMounted, onUnmounted, ref, watch, type Ref } from "vue";
import { onBeforeRouteLeave, onBeforeRouteUpdate } from "vue-router";

/** What keeps somebody on the settings. */
interface Leaving {
  /** Something was typed and not saved: whoever leaves is asked. */
  dirty: Ref<boolean>;
  /** It is being saved just now: whoever leaves waits for the end of it. */
  saving: Ref<boolean>;
  /** Something is shown that can never be shown again: nobody leaves. */
  held: Ref<boolean>;
}

function ended(going: Ref<boolean>): Promise<void> {
  return new Promise((resolve) => {
    if (!going.value) return resolve();
    const stop = watch(going, () => {
      stop();
      resolve();
    });
  });
}

/** Asks before what was typed is left behind. */
export function useLeaving({ dirty, saving, held }: Leaving, forget: () => void) {
  const asking = ref(false);
  let answer: ((leave: boolean) => void) | null = null;

  onBeforeRouteLeave(async () => {
    await ended(saving);
    if (held.value) return false;
    if (!dirty.value) return true;
    answer?.(false);
    asking.value = true;
    return new Promise<boolean>((resolve) => (answer = resolve));
  });

  // Whoever came back has answered.
  onBeforeRouteUpdate(() => decide(false));

  function decide(leave: boolean): void {
    asking.value = false;
    if (leave) forget();
    answer?.(leave);
    answer = null;
  }

  // The browser asks by itself when its tab is closed or loaded anew.
  function onUnload(event: BeforeUnloadEvent): void {
    if (dirty.value || held.value) event.preventDefault();
  }
  onMounted(() => window.addEventListener("beforeunload", onUnload));
  onUnmounted(() => window.removeEventListener("beforeunload", onUnload));

  return { asking, decide };
}
