import { onScopeDispose, shallowRef, type ShallowRef } from "vue";

/** The time, moving on every so many seconds as long as the component is there. */
export function useNow(everySeconds = 30): Readonly<ShallowRef<Date>> {
  const now = shallowRef(new Date());
  const timer = setInterval(() => (now.value = new Date()), everySeconds * 1000);
  onScopeDispose(() => clearInterval(timer));
  return now;
}
