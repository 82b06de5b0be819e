import { onScopeDispose, watch, type Ref } from "vue";

/** Keeps what gets the focus clear of a bar that sticks to the lower edge, however high it is. */
export function useScrollRoom(bar: Readonly<Ref<HTMLElement | null>>): void {
  const { style } = document.documentElement;
  const observer = new ResizeObserver(() => {
    style.scrollPaddingBottom = `${(bar.value?.offsetHeight ?? 0) + 8}px`;
  });
  watch(bar, (now) => {
    observer.disconnect();
    if (now) observer.observe(now);
  });

  // Of a high field the browser brings the line with the cursor into view, no more.
  function onFocus({ target }: FocusEvent): void {
    if (target instanceof HTMLTextAreaElement) target.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("focusin", onFocus);

  onScopeDispose(() => {
    document.removeEventListener("focusin", onFocus);
    observer.disconnect();
    style.scrollPaddingBottom = "";
  });
}
