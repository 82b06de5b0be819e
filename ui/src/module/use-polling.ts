import { onActivated, onDeactivated, onMounted, onScopeDispose } from "vue";

/**
 * Reads again every so many seconds, and not while nobody looks: who comes back
 * to the page gets news at once. The next wait begins when a reading has ended.
 * After one that was refused it rests until somebody asks.
 */
export function usePolling(
  read: () => Promise<unknown>,
  everySeconds: number,
  refused: () => boolean = () => false,
) {
  const every = everySeconds * 1000;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastAt = 0;
  let reading = false;
  let over = false;
  let resting = false;

  const hidden = () => document.visibilityState === "hidden";

  function plan(): void {
    clearTimeout(timer);
    if (over || resting || hidden()) return;
    timer = setTimeout(tick, Math.max(0, lastAt + every - Date.now()));
  }

  async function tick(): Promise<void> {
    if (reading || over) return;
    clearTimeout(timer);
    reading = true;
    try {
      await read();
    } finally {
      reading = false;
      lastAt = Date.now();
      resting = refused();
      plan();
    }
  }

  function begin(): void {
    over = false;
    plan();
  }

  function end(): void {
    over = true;
    clearTimeout(timer);
  }

  document.addEventListener("visibilitychange", plan);
  onMounted(begin);
  onActivated(begin);
  onDeactivated(end);
  onScopeDispose(() => {
    end();
    document.removeEventListener("visibilitychange", plan);
  });
  /** Reads now; the clock starts anew. */
  return { now: tick };
}
