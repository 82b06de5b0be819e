// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { Overview, PlanOverview } from "@/module/report";
import { clusterSentence, firstStep, needsAttention } from "@/pages/overview/cluster";
import { attention, overview, planOverview } from "../shell/backups.mjs";

const of = (more: object): Overview => overview(more).overview;
const plan = (id: string, more: object = {}) => planOverview(id, more) as PlanOverview;
const never = { strip: [], last: null };

describe("the sentence on the whole cluster", () => {
  it("counts the plans that need attention, whatever else is wrong", () => {
    const plans = [
      plan("1", { standing: "bad" }),
      plan("2", { attention: attention(1) }),
      plan("3"),
    ];
    expect(clusterSentence(of({ plans, uncovered: [{}], undelivered_mails: 3 }))).toEqual({
      key: "bad",
      state: "bad",
      count: 2,
      all: 3,
      stale: false,
    });
  });

  it("says that all plans are good only where that is all there is to say", () => {
    const plans = [plan("1"), plan("2")];
    expect(clusterSentence(of({ plans }))).toMatchObject({ key: "good", state: "good" });
    expect(clusterSentence(of({ plans, uncovered: [{}] }))).toMatchObject({
      key: "uncovered",
      state: "warning",
      count: 1,
    });
    expect(clusterSentence(of({ plans, undelivered_mails: 2 }))).toMatchObject({
      key: "undelivered",
      state: "warning",
      count: 2,
    });
  });

  it.each([
    ["good", "warning", [plan("1")]],
    ["some_good", "warning", [plan("1"), plan("2", { standing: "disabled" })]],
    ["only_bad", "bad", [plan("1", { standing: "bad" })]],
    ["disabled", "warning", [plan("1", { standing: "disabled" })]],
  ])("says of an old reading that it is one: %s", (key, state, plans) => {
    const told = clusterSentence(of({ plans, redis_problem: "refused" }));
    expect(told).toMatchObject({ key, state, stale: true });
    expect(clusterSentence(of({ plans })).stale).toBe(false);
  });

  it("claims of no plan that it is good because of what stands beside it", () => {
    const plans = [plan("1"), plan("2", { standing: "unknown" })];
    expect(clusterSentence(of({ plans, uncovered: [{}] }))).toMatchObject({
      key: "uncovered",
      state: "warning",
      count: 1,
    });
  });

  it("does not say that no run was seen where one was", () => {
    const unjudged = plan("1", { standing: "unknown" });
    expect(clusterSentence(of({ plans: [unjudged] })).key).toBe("unknown");
    const others = [
      plan("1", { standing: "disabled" }),
      plan("2", { standing: "unknown", ...never }),
    ];
    expect(clusterSentence(of({ plans: others })).key).toBe("unknown");
  });

  it("knows nothing before the first reading", () => {
    const nothing = { plans: [], read_at: null };
    expect(clusterSentence(of(nothing)).key).toBe("not_read");
    expect(clusterSentence(of({ ...nothing, redis_problem: "refused" }))).toMatchObject({
      key: "unreadable",
      state: "unknown",
    });
  });

  it.each([
    ["no_plan", "warning", []],
    ["only_bad", "bad", [plan("1", { standing: "bad" })]],
    ["disabled", "warning", [plan("1", { standing: "disabled" })]],
    ["idle", "warning", [plan("1", { standing: "disabled" }), plan("2", { standing: "empty" })]],
    ["empty", "warning", [plan("1"), plan("2", { standing: "empty" })]],
    ["some_good", "good", [plan("1"), plan("2", { standing: "unknown" })]],
    ["no_run", "unknown", [plan("1", { standing: "unknown", ...never })]],
  ])("finds the words for plans that are %s", (key, state, plans) => {
    expect(clusterSentence(of({ plans }))).toMatchObject({ key, state });
  });
});

describe("a plan", () => {
  it("needs attention also where its newest run was good and an application was not", () => {
    expect(needsAttention(plan("1"))).toBe(false);
    expect(needsAttention(plan("1", { attention: attention(1) }))).toBe(true);
  });
});

describe("the first step of a new user", () => {
  it("is to make a plan where there is none", () => {
    expect(firstStep(of({ plans: [] }))).toBe("make_plan");
  });

  it("is to run one where none has run", () => {
    const plans = [plan("1", { standing: "unknown", ...never })];
    expect(firstStep(of({ plans }))).toBe("run_first");
  });

  it("is none while a run is going on, or after one", () => {
    const open = { at: "2026-11-20T06:00:00Z", kind: "scheduled", members: 2, reported: 0 };
    expect(
      firstStep(of({ plans: [plan("1", { standing: "unknown", ...never, open })] })),
    ).toBeNull();
    expect(firstStep(of({ plans: [plan("1")] }))).toBeNull();
  });

  it("is not known while the cluster cannot be read", () => {
    expect(firstStep(of({ plans: [], redis_problem: "refused" }))).toBeNull();
    expect(firstStep(of({ plans: [], read_at: null }))).toBeNull();
  });
});
