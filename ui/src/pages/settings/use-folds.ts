import { ref, watch } from "vue";

/**
 * Which parts are unfolded: those that were opened by hand, and those in which
 * something became wrong. Nothing closes while somebody is typing in it.
 */
export function useFolds(wrong: () => string[]) {
  const open = ref<Record<string, boolean>>({});
  watch(
    () => wrong().join("\n"),
    (now, before) => {
      const known = new Set((before ?? "").split("\n"));
      for (const name of now.split("\n")) if (name && !known.has(name)) open.value[name] = true;
    },
    { immediate: true },
  );
  return {
    isOpen: (name: string) => open.value[name] ?? false,
    fold: (name: string, shown: boolean) => void (open.value[name] = shown),
  };
}
