import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enableAutoUnmount, mount } from "@vue/test-utils";
import { usePolling } from "@/module/use-polling";

enableAutoUnmount(afterEach);

let visibility = "visible";
let reads: number;
let answer: () => Promise<void>;
let refused: boolean;
let polling: ReturnType<typeof usePolling>;

function page() {
  return mount({
    template: "<p />",
    setup() {
      polling = usePolling(
        () => {
          reads += 1;
          return answer();
        },
        30,
        () => refused,
      );
    },
  });
}

function look(state: string): void {
  visibility = state;
  document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
  vi.useFakeTimers();
  visibility = "visible";
  reads = 0;
  refused = false;
  answer = () => Promise.resolve();
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility as never);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("a page that refreshes itself", () => {
  it("reads at once, and then in its rhythm", async () => {
    page();
    await vi.advanceTimersByTimeAsync(0);
    expect(reads).toBe(1);
    await vi.advanceTimersByTimeAsync(29_000);
    expect(reads).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(reads).toBe(2);
  });

  it("rests while nobody looks, and has news at once for who comes back", async () => {
    page();
    await vi.advanceTimersByTimeAsync(0);
    look("hidden");
    await vi.advanceTimersByTimeAsync(300_000);
    expect(reads).toBe(1);
    look("visible");
    await vi.advanceTimersByTimeAsync(0);
    expect(reads).toBe(2);
  });

  it("does not read again for who was away only for a moment", async () => {
    page();
    await vi.advanceTimersByTimeAsync(10_000);
    look("hidden");
    await vi.advanceTimersByTimeAsync(1_000);
    look("visible");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads).toBe(1);
  });

  it("never asks twice at the same time, and waits after a slow answer", async () => {
    let done = () => {};
    answer = () => new Promise((resolve) => (done = resolve));
    page();
    await vi.advanceTimersByTimeAsync(120_000);
    void polling.now();
    expect(reads).toBe(1);
    done();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(reads).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(reads).toBe(2);
  });

  it("reads when it is asked to, and counts anew", async () => {
    page();
    await vi.advanceTimersByTimeAsync(20_000);
    await polling.now();
    expect(reads).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(reads).toBe(2);
  });

  it("asks no more once it was refused, until somebody wants to try again", async () => {
    refused = true;
    page();
    await vi.advanceTimersByTimeAsync(300_000);
    look("hidden");
    look("visible");
    await vi.advanceTimersByTimeAsync(300_000);
    expect(reads).toBe(1);
    refused = false;
    await polling.now();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(reads).toBe(3);
  });

  it("ends with its page", async () => {
    const wrapper = page();
    await vi.advanceTimersByTimeAsync(0);
    wrapper.unmount();
    look("hidden");
    look("visible");
    await vi.advanceTimersByTimeAsync(300_000);
    expect(reads).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
