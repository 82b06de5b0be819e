import { nextTick, onMounted, useTemplateRef } from "vue";

/**
 * For a view that takes the place of another one on the same page: who uses the
 * keyboard or a screen reader goes on there. Its element is `ref="arrival"`, and
 * needs `tabindex="-1"`.
 */
export function useArrival(): void {
  const top = useTemplateRef<HTMLElement>("arrival");
  onMounted(async () => {
    await nextTick();
    top.value?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
}
