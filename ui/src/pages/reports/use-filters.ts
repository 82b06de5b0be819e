import { computed, ref, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { filtersOf, isReversed, NO_FILTERS, queryOf, type Filters } from "./filters";

/** How long nobody types before what was typed counts. */
const TYPING_MS = 400;

/**
 * The filters live in the address, so that links and the back button work. What is
 * not right yet stays in the form only.
 */
export function useFilters() {
  const route = useRoute();
  const router = useRouter();
  const active = ref(true);
  const filters = ref<Filters>(filtersOf(route.query));
  const days = ref({ from: filters.value.from, to: filters.value.to });
  const text = ref(filters.value.text);
  let typing: ReturnType<typeof setTimeout> | undefined;

  let wanted: Filters | null = null;

  /** Changes that come together, such as a page and its size, are one step in the history. */
  function go(change: Partial<Filters>, way: "push" | "replace" = "push"): void {
    const first = wanted === null;
    // Also what is being typed just now.
    wanted = { ...(wanted ?? filters.value), text: text.value.trim(), page: 1, ...change };
    if (!first) return;
    queueMicrotask(() => {
      const next = wanted ?? filters.value;
      wanted = null;
      void router[way]({ name: "reports", query: queryOf(next) });
    });
  }

  /** Takes what the address says; tells whether that is anything new. */
  function follow(): boolean {
    const next = filtersOf(route.query);
    if (JSON.stringify(next) === JSON.stringify(filters.value)) return false;
    filters.value = next;
    days.value = { from: next.from, to: next.to };
    if (text.value.trim() !== next.text) text.value = next.text;
    return true;
  }

  watch(
    () => route.query,
    (query) => {
      // Another view of this page may have the address now.
      const mine = active.value && route.name === "reports";
      if (mine && query.id === undefined && query.view === undefined) follow();
    },
  );

  watch(text, (typed) => {
    clearTimeout(typing);
    if (typed.trim() === filters.value.text) return;
    typing = setTimeout(() => go({ text: typed.trim() }, "replace"), TYPING_MS);
  });

  function setDays(change: Partial<Pick<Filters, "from" | "to">>): void {
    days.value = { ...days.value, ...change };
    if (!isReversed(days.value)) go(days.value);
  }

  return {
    filters,
    text,
    days,
    reversed: computed(() => isReversed(days.value)),
    go,
    setDays,
    clear(): void {
      clearTimeout(typing);
      text.value = "";
      days.value = { from: "", to: "" };
      go({ ...NO_FILTERS, size: filters.value.size });
    },
    /** While another view of the page is shown, its address is none of ours. */
    pause(): void {
      active.value = false;
      clearTimeout(typing);
    },
    /** Tells whether the filters are other ones now. */
    resume(): boolean {
      active.value = true;
      return follow();
    },
  };
}
