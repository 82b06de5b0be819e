import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { useFilters } from "@/pages/reports/use-filters";

enableAutoUnmount(afterEach);

let router: Router;
let state: ReturnType<typeof useFilters>;
const steps: string[] = [];

async function open(query = ""): Promise<void> {
  const component = { template: "<p />" };
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { name: "reports", path: "/reports", component },
      { name: "settings", path: "/settings", component },
    ],
  });
  await router.push(`/reports${query}`);
  steps.length = 0;
  router.afterEach((to) => void steps.push(to.fullPath));
  mount(
    { template: "<p />", setup: () => void (state = useFilters()) },
    {
      global: { plugins: [router] },
    },
  );
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the filters of the list", () => {
  it("come from the address, and follow it", async () => {
    await open("?plan=3&p=2");
    expect(state.filters.value).toMatchObject({ plan: "3", page: 2 });
    await router.push("/reports?text=cloud&from=2026-11-01");
    expect(state.filters.value).toMatchObject({ plan: "", text: "cloud" });
    expect(state.text.value).toBe("cloud");
    expect(state.days.value).toEqual({ from: "2026-11-01", to: "" });
  });

  it("begin at the first page again when one of them changes", async () => {
    await open("?plan=3&p=4");
    state.go({ outcome: "PARTIAL" });
    await flushPromises();
    expect(steps).toEqual(["/reports?plan=3&outcome=PARTIAL"]);
  });

  it("make one step of what changes together", async () => {
    await open("?p=4");
    state.go({ size: 100 });
    state.go({ page: 1 });
    await flushPromises();
    expect(steps).toEqual(["/reports?size=100"]);
  });

  it("keep what is being typed when another one changes", async () => {
    await open();
    state.text.value = "next";
    state.go({ plan: "3" });
    await flushPromises();
    expect(steps).toEqual(["/reports?plan=3&text=next"]);
    expect(state.text.value).toBe("next");
  });

  it("wait until nobody types any more", async () => {
    await open();
    for (const typed of ["n", "ne", "nex", "next "]) {
      state.text.value = typed;
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(steps).toEqual([]);
    await vi.advanceTimersByTimeAsync(400);
    expect(steps).toEqual(["/reports?text=next"]);
    // The space that is still being typed is not taken away.
    expect(state.text.value).toBe("next ");
  });

  it("keep days that are the wrong way round to themselves", async () => {
    await open("?from=2026-11-10");
    state.setDays({ to: "2026-11-01" });
    await flushPromises();
    expect(state.reversed.value).toBe(true);
    expect(steps).toEqual([]);
    state.setDays({ from: "2026-10-10" });
    await flushPromises();
    expect(steps).toEqual(["/reports?from=2026-10-10&to=2026-11-01"]);
  });

  it("are not those of a report or of another page", async () => {
    await open("?plan=3");
    state.pause();
    await router.push("/reports?id=12&plan=4");
    await router.push("/settings?plan=5");
    expect(state.filters.value.plan).toBe("3");
    await router.push("/reports?plan=6");
    expect(state.resume()).toBe(true);
    expect(state.filters.value.plan).toBe("6");
    expect(state.resume()).toBe(false);
  });

  it("go all at once, but the size of a page stays", async () => {
    await open("?plan=3&size=50&p=2&from=2026-11-10");
    state.text.value = "half typed";
    state.clear();
    await vi.advanceTimersByTimeAsync(1000);
    expect(steps).toEqual(["/reports?size=50"]);
    expect(state.text.value).toBe("");
    expect(state.days.value).toEqual({ from: "", to: "" });
  });
});
