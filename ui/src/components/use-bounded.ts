import { computed, ref, type Ref } from "vue";

/**
 * The first entries of a long list, and more on demand: thousands would make the
 * page slow, and nobody reads them at once.
 */
export function useBounded<T>(all: () => T[], first: number, step: number) {
  const limit: Ref<number> = ref(first);
  const shown = computed(() => all().slice(0, limit.value));
  const left = computed(() => Math.max(0, all().length - limit.value));
  const next = computed(() => Math.min(step, left.value));
  return { shown, left, next, more: () => (limit.value += step) };
}
