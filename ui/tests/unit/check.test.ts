import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AbortedError } from "@/shell";
import { check, forgetCheck, markSeen, startCheck } from "@/pages/check/check";

const runAction = vi.hoisted(() => vi.fn());
vi.mock("@/shell", async (original) => ({
  ...(await original<typeof import("@/shell")>()),
  runAction,
}));

const OUTPUT = { format: "ns8-backup-monitor/check/1", outcome: "SUCCESS", reports: [] };
const ALL = { plan: null, planName: "", notify: false };

beforeEach(() => runAction.mockReset());
afterEach(forgetCheck);

describe("the check of a visit", () => {
  it("asks for what was chosen, and has its result", async () => {
    runAction.mockResolvedValue(OUTPUT);
    await startCheck({ plan: "3", planName: "Nightly", notify: true }, "it", "Check");
    expect(runAction.mock.calls[0]!.slice(0, 2)).toEqual([
      "run-check",
      { plan: "3", notify: true, language: "it" },
    ]);
    expect(check).toMatchObject({ phase: "done", output: OUTPUT, error: null, seen: false });
    expect(check.endedAt).toBeInstanceOf(Date);
  });

  it("is one at a time, and tells how far it is", async () => {
    let end = (_: unknown) => {};
    runAction.mockReturnValue(new Promise((resolve) => (end = resolve)));
    const first = startCheck(ALL, "en", "Check");
    await startCheck(ALL, "en", "Check");
    expect(runAction).toHaveBeenCalledTimes(1);
    runAction.mock.calls[0]![2].onProgress(40);
    expect(check).toMatchObject({ phase: "running", percent: 40 });
    // Neither can it be forgotten, nor has anybody seen its end.
    forgetCheck();
    markSeen();
    expect(check).toMatchObject({ phase: "running", seen: false });
    end(OUTPUT);
    await first;
    markSeen();
    expect(check).toMatchObject({ phase: "done", seen: true });
  });

  it("keeps why it failed, and another one begins anew", async () => {
    const error = new AbortedError("run-check", "it broke", 1, "");
    runAction.mockRejectedValueOnce(error);
    await startCheck(ALL, "en", "Check");
    expect(check).toMatchObject({ phase: "failed", error, output: null });
    runAction.mockResolvedValue(OUTPUT);
    await startCheck(ALL, "en", "Check");
    expect(check).toMatchObject({ phase: "done", error: null });
  });

  it("does not hide a fault of these pages", async () => {
    runAction.mockRejectedValueOnce(new TypeError("a fault"));
    await expect(startCheck(ALL, "en", "Check")).rejects.toThrow("a fault");
    expect(check.phase).toBe("idle");
  });
});
