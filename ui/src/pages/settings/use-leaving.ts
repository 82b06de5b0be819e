import { onMounted, onUnmounted, ref, type Ref } from "vue";
import { onBeforeRouteLeave, onBeforeRouteUpdate } from "vue-router";

/**
 * Asks before what was typed is left behind; while something is shown that can never
 * be shown again the page cannot be left.
 */
export function useLeaving(dirty: Ref<boolean>, held: Ref<boolean>, forget: () => void) {
  const asking = ref(false);
  let answer: ((leave: boolean) => void) | null = null;

  onBeforeRouteLeave(() => {
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
