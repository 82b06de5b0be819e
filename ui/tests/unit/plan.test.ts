// @vitest-environment node
import { describe, expect, it } from "vitest";
import { deliveryState, outcomeState, standingState, toneState } from "@/components/states";
import { checkedReports } from "@/pages/check/checked";
import { clusterNow, nextInStrip, runProgress, withDetails } from "@/pages/overview/plan";
import { isUnderWay, newestFirst } from "@/pages/reports/deliveries";
import { overview, reportOf } from "../shell/backups.mjs";

describe("an open run", () => {
  const open = { at: "2026-11-20T06:00:00Z", kind: "scheduled" as const, failed: 0 };
  it("is as far as the applications that have ended", () => {
    expect(runProgress({ ...open, members: 3, reported: 1 })).toBe(33);
    expect(runProgress({ ...open, members: 3, reported: 3 })).toBe(100);
  });
  it("is not known to be anywhere while its size is not known", () => {
    expect(runProgress({ ...open, members: 0, reported: 0 })).toBeNull();
  });
  it("is never more than done", () => {
    expect(runProgress({ ...open, members: 2, reported: 5 })).toBe(100);
  });
});

describe("the keys in a strip", () => {
  it.each([
    ["ArrowLeft", 5, 4],
    ["ArrowLeft", 0, 0],
    ["ArrowRight", 5, 6],
    ["ArrowRight", 9, 9],
    ["Home", 5, 0],
    ["End", 5, 9],
  ])("%s leads from %i to %i", (key, from, to) => expect(nextInStrip(key, from, 10)).toBe(to));
  it("leave all other keys alone", () => expect(nextInStrip("Enter", 5, 10)).toBeNull());
});

describe("the clock of the cluster", () => {
  const made = "2026-11-20T06:30:00Z";
  it("goes on from what was said, whatever the clock of this computer says", () => {
    const read = new Date("2030-01-01T00:00:00Z");
    const now = new Date("2030-01-01T00:01:30Z");
    expect(clusterNow(made, read, now)).toEqual(new Date("2026-11-20T06:31:30Z"));
  });
  it("never goes back", () => {
    const read = new Date("2030-01-01T00:00:00Z");
    expect(clusterNow(made, read, new Date(0))).toEqual(new Date(made));
  });
  it("is that of this computer where nothing better is known", () => {
    const now = new Date();
    expect(clusterNow("soon", now, now)).toBe(now);
  });
});

describe("the picture of a state", () => {
  it("is there for names of a newer service too", () => {
    expect(outcomeState("NEW" as never)).toBe("unknown");
    expect(standingState("new" as never)).toBe("unknown");
    expect(toneState("new" as never)).toBe("unknown");
    expect(deliveryState("new" as never)).toBe("unknown");
  });
  it("tells a run that nobody could judge from a failed one", () => {
    expect(outcomeState(null)).toBe("unknown");
    expect(outcomeState("REPO_FAILURE")).toBe("bad");
  });
});

describe("the mails of a report", () => {
  const mail = (message_id: string, to: string, state = "sent") =>
    ({ message_id, to, state }) as never;
  it("stand with the newest first, recipients in their order", () => {
    const all = [mail("a", "1"), mail("a", "2"), mail("b", "1"), mail("b", "2")];
    expect(newestFirst(all).map((one) => one.message_id + one.to)).toEqual([
      "b1",
      "b2",
      "a1",
      "a2",
    ]);
  });
  it("are under way while one waits", () => {
    expect(isUnderWay([mail("a", "1"), mail("a", "2", "queued")])).toBe(true);
    expect(isUnderWay([mail("a", "1"), mail("a", "2", "refused")])).toBe(false);
  });
});

describe("the reports of a check", () => {
  const good = { ...reportOf().report, outcome: "SUCCESS", plan: { id: "2" } };
  const bad = { ...reportOf().report, outcome: "REPO_FAILURE", plan: { id: "3" } };
  const output = { format: "", outcome: "REPO_FAILURE", reports: [good, bad] } as never;
  it("stand with the worst first, each with its own words", () => {
    const said = [{ topic: "good" }, { topic: "bad" }];
    const found = checkedReports({ ...(output as object), said } as never);
    expect(found.map((one) => [one.key, one.said?.topic])).toEqual([
      ["3", "bad"],
      ["2", "good"],
    ]);
  });
  it("have no words where the service gave none", () => {
    expect(checkedReports(output).map((one) => one.said)).toEqual([null, null]);
  });
});

describe("what the reports say of a plan", () => {
  const { plans } = overview().overview;
  const probe = { at: "2026-11-20T01:16:40Z", health: "fine" as const };
  it("is shown with it", () => {
    const [plan] = withDetails(plans, { "1": { last_size: 7, destination_probe: probe } });
    expect(plan?.last?.size).toBe(7);
    expect(plan?.destination_probe).toEqual(probe);
  });
  it("is left out where there is none", () => {
    expect(withDetails(plans, { "77": { last_size: 7, destination_probe: null } })).toEqual(plans);
    expect(withDetails(plans)).toEqual(plans);
    const empty = { "1": { last_size: null, destination_probe: null } };
    expect(withDetails([{ ...plans[0]!, last: null }], empty)[0]?.last).toBeNull();
  });
});
