import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fleet, reportOf } from "../shell/backups.mjs";
import { startBrowser, stopBrowser, Visit, type Answer } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const check = (answer: Answer) => ({ ...fleet(), "module/run-check": () => answer });
const code = (error: string, field = "") => ({
  validation: [{ field, parameter: field, value: null, error, message: "its own words" }],
});

describe("checking now", () => {
  it("asks for every plan, shows progress, and then what it found", async () => {
    visit = await Visit.open({ page: "overview", handlers: fleet() });
    await visit.button("Check now").click();
    await visit.heading("Check now").waitFor();
    expect(await visit.accessibility()).toEqual([]);
    await visit.button("Start the check").click();
    await visit.app.getByRole("progressbar").waitFor();
    await visit.app.getByText("Every plan that is switched on: Partially failed").waitFor();
    expect(visit.sent("run-check")).toEqual([{ notify: false, language: "en" }]);
    await visit.app.getByText("Nothing was kept and no mail was sent.").waitFor();
    await visit.heading("Backup partially failed").waitFor();
    expect(await visit.accessibility()).toEqual([]);
    await visit.button("Clear the result").click();
    await visit.heading("Backup partially failed").waitFor({ state: "detached" });
  });

  it("says when it ended in the zone of what it found", async () => {
    visit = await Visit.open({
      page: "reports&view=check",
      timezone: "America/New_York",
      handlers: fleet(),
    });
    await visit.page.clock.setFixedTime("2026-11-20T07:00:00Z");
    await visit.button("Start the check").click();
    await visit.app.getByText("20 Nov 2026, 08:00").waitFor();
  });

  it("is of one plan where it was asked for beside it, and mails on request", async () => {
    visit = await Visit.open({ page: "overview", handlers: fleet() });
    await visit.app.getByRole("link", { name: "Check now: Nightly" }).click();
    await visit.heading("Check now").waitFor();
    await expect.poll(() => visit.app.getByLabel("What to check").inputValue()).toBe("1");
    await visit.app.getByRole("switch", { name: "Keep and mail the result" }).click();
    await visit.button("Start the check").click();
    await visit.app.getByText("Nightly: Partially failed").first().waitFor();
    expect(visit.sent("run-check")).toEqual([{ plan: "1", notify: true, language: "en" }]);
    await visit.app.getByText("The result was kept as reports").waitFor();
    await visit.app.getByRole("link", { name: "See the reports" }).click();
    await visit.heading("Reports").waitFor();
  });

  it("goes on while other pages are looked at, which say so", async () => {
    let done = (_: object) => {};
    const answer = new Promise<Record<string, unknown>>((resolve) => (done = resolve as never));
    visit = await Visit.open({
      page: "reports&view=check",
      handlers: { ...fleet(), "module/run-check": () => answer },
    });
    await visit.button("Start the check").click();
    await visit.app.getByRole("progressbar").waitFor();
    await visit.app.getByRole("link", { name: "Overview", exact: true }).click();
    await visit.app.getByText("A check is going on: 0 %").waitFor();
    const { report, said } = reportOf();
    done({
      output: {
        format: "ns8-backup-monitor/check/1",
        outcome: "PARTIAL",
        reports: [report],
        said: [said],
      },
      steps: [50],
    });
    await visit.app.getByText("The check has ended").waitFor();
    await visit.app.getByRole("link", { name: "Show it" }).click();
    await visit.heading("Backup partially failed").waitFor();
    // What was seen is no news any more.
    await visit.app.getByRole("link", { name: "Overview", exact: true }).click();
    await visit.heading("Overview").waitFor();
    expect(await visit.app.getByText("The check has ended").count()).toBe(0);
  });

  it("shows many plans folded, the worst first", async () => {
    const of = (id: string, outcome: string, failed: number) => {
      const { report, said } = reportOf({ failed });
      return {
        report: { ...report, outcome, plan: { ...report.plan, id, name: `Plan ${id}` } },
        said,
      };
    };
    const all = [of("1", "SUCCESS", 0), of("2", "REPO_FAILURE", 7), of("3", "PARTIAL", 2)];
    visit = await Visit.open({
      page: "reports&view=check",
      handlers: check({
        output: {
          format: "ns8-backup-monitor/check/1",
          outcome: "REPO_FAILURE",
          reports: all.map((one) => one.report),
          said: all.map((one) => one.said),
        },
      }),
    });
    await visit.button("Start the check").click();
    await visit.app.locator("details.checked").first().waitFor();
    expect(await visit.app.locator("details.checked summary").allInnerTexts()).toEqual([
      "Plan 2: Failed, 7 of 7 failed",
      "Plan 3: Partially failed, 2 of 7 failed",
      "Plan 1: Completed, all 7 applications are good",
    ]);
    expect(await visit.app.locator("table").count()).toBe(0);
    await visit.app.locator("details.checked summary").nth(1).focus();
    await visit.page.keyboard.press("Enter");
    await visit.app.getByText("Applications: 7, 2 failed").waitFor();
    expect(await visit.accessibility()).toEqual([]);
  });

  it("says that there was nothing to check", async () => {
    visit = await Visit.open({
      page: "reports&view=check",
      handlers: check({
        output: { format: "ns8-backup-monitor/check/1", outcome: "SUCCESS", reports: [] },
      }),
    });
    await visit.button("Start the check").click();
    await visit.app.getByText("there was nothing to check").waitFor();
  });

  it.each([
    [
      "the cluster cannot be read",
      code("cluster_unreachable"),
      "The cluster's state cannot be read",
    ],
    ["the plan is gone", code("no_such_plan", "plan"), "There is no such backup plan"],
    ["the service is down", code("service_not_running"), "The service is not running"],
    ["it takes too long", code("service_timeout"), "The service did not answer in time"],
    ["the service fails", code("service_failed"), "The service could not do it"],
    ["the action is aborted", { abort: "Traceback" }, "The action failed"],
    ["permission lacks", { http: 403 }, "You are not permitted to see or do this"],
    ["the agent is away", { http: 404 }, "The application's node does not answer"],
  ])("says why it came to nothing when %s", async (_, answer, words) => {
    visit = await Visit.open({ page: "reports&view=check&plan=1", handlers: check(answer) });
    await visit.button("Start the check").click();
    await visit.app.getByText(words).waitFor();
    await visit.app.getByText("The check came to no result.").waitFor();
    await visit.button("Start the check").waitFor();
  });
});
