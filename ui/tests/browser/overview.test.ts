import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  attention,
  badPlan,
  fleet,
  listOf,
  manyReports,
  overview,
  planOverview,
} from "../shell/backups.mjs";
import { startBrowser, stopBrowser, Visit, type Answer, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const seen = (more: object, details: object = {}): Handlers => ({
  "module/get-overview": () => ({ output: { ...overview(more), details } }),
});
const trouble = (error: string, message = ""): Handlers => ({
  "module/get-overview": () => ({
    validation: [{ field: "", parameter: "", value: null, error, message }],
  }),
});
const card = (name: string) => visit.app.locator(".plan-card", { hasText: name });

describe("the overview", () => {
  it("says what the last backup of this application itself lacks", async () => {
    const warnings = [{ code: "own_backup_missing", time: "2026-11-20T01:31:07Z" }];
    visit = await Visit.open({
      page: "overview",
      handlers: { "module/get-overview": () => ({ output: { ...overview(), warnings } }) },
    });
    const told = visit.app.getByText("reports, alerts and mails are missing in it");
    await told.waitFor();
    expect(await told.innerText()).toContain("20 Nov 2026, 02:31");
    expect(await visit.accessibility()).toEqual([]);
  });

  it("says in one sentence how the cluster stands, and of each plan all that counts", async () => {
    visit = await Visit.open({ page: "overview", handlers: fleet() });
    await visit.app.getByText("1 of 5 plans needs attention.").waitFor();
    const text = await card("Nightly").innerText();
    for (const part of [
      "Needs attention, since 19 Nov 2026, 02:00",
      "Muted: no mails before 1 Dec 2026, 01:00",
      "3 of 4 applications have ended, 1 with errors",
      "Partially failed",
      "20 Nov 2026, 02:00 (5 hours ago)",
      "6 applications good, 1 failed",
      "took 8 mins 36 secs",
      "21 Nov 2026, 02:00 (in 18 hours)",
      "Offsite",
      "Cloud 1 (nextcloud1), node 1: backup failed. Last good backup yesterday.",
    ]) {
      expect(text.replaceAll("\u00a0", " ")).toContain(part);
    }
    expect(await card("Plan 3").innerText()).toContain("None: the plan is switched off");
    expect(await card("Plan 4").innerText()).toContain("Not known yet");
    expect(await card("Plan 5").innerText()).toContain("No applications");
    await visit.heading("1 application is in no plan").waitFor();
    await visit.app.getByText("this browser's time zone, Europe/Rome.").waitFor();
    expect(await visit.accessibility()).toEqual([]);
  });

  it("leads from each run of the strip to its report, by mouse and by keyboard", async () => {
    visit = await Visit.open({ page: "overview", handlers: fleet() });
    const runs = card("Nightly").locator(".run-strip li");
    await runs.first().waitFor();
    expect(await runs.count()).toBe(30);
    const links = card("Nightly").locator("a.run-strip__run");
    // One run was never judged: it has a name, and no report to lead to.
    expect(await links.count()).toBe(29);
    expect(
      await card("Nightly")
        .getByRole("img", { name: /Not known/ })
        .count(),
    ).toBe(1);
    expect(await links.last().getAttribute("aria-label")).toBe(
      "20 Nov 2026, 02:00, Partially failed, 1 of 7 failed, 8 mins 36 secs. Open the report",
    );
    await links.last().focus();
    await visit.page.keyboard.press("ArrowLeft");
    await visit.page.keyboard.press("ArrowLeft");
    const focused = visit.app.locator("a.run-strip__run:focus");
    expect(await focused.getAttribute("aria-label")).toContain("18 Nov 2026, 02:00, Completed");
    await visit.page.keyboard.press("Enter");
    await visit.app.getByRole("link", { name: "All reports", exact: true }).waitFor();
    expect(visit.place).toBe("/apps/backup-monitor1?page=reports&id=128");
    await visit.page.goBack();
    await visit.heading("Overview").waitFor();
  });

  it("has one stop for the Tab key in a strip", async () => {
    visit = await Visit.open({ page: "overview", handlers: seen({ plans: [badPlan()] }) });
    await visit.app.locator("a.run-strip__run").first().waitFor();
    expect(await visit.app.locator('a.run-strip__run[tabindex="0"]').count()).toBe(1);
    await visit.app.locator('a.run-strip__run[tabindex="0"]').focus();
    await visit.page.keyboard.press("Tab");
    const focused = await visit.frame.evaluate(() => document.activeElement?.textContent);
    expect(focused).toBe("All reports");
  });

  it("is walked through with the Tab key in the order in which it is read", async () => {
    visit = await Visit.open({ page: "overview", handlers: fleet() });
    await visit.app.locator("a.run-strip__run").first().waitFor();
    await visit.button("Refresh").focus();
    const names: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      names.push(
        await visit.frame.evaluate(() => {
          const at = document.activeElement as HTMLElement;
          return (at.getAttribute("aria-label") ?? at.textContent ?? "").trim();
        }),
      );
      await visit.page.keyboard.press("Tab");
    }
    expect(names.slice(0, 7)).toEqual([
      "Refresh",
      "Check now",
      "1 notice below",
      "Partially failed: report on the last run of Nightly",
      "20 Nov 2026, 02:00, Partially failed, 1 of 7 failed, 8 mins 36 secs. Open the report",
      "All reports on Nightly",
      "Check now: Nightly",
    ]);
    expect(names).toContain("All reports on Weekly archive of the whole office");
  });

  it("refreshes when it is asked to, and by itself", async () => {
    let plans = [planOverview("1")];
    visit = await Visit.open({
      page: "overview",
      handlers: { "module/get-overview": () => ({ output: overview({ plans }) }) },
    });
    await visit.app.getByText("The only plan is good.").waitFor();
    await visit.app.getByText("Updated now").waitFor();
    await visit.page.clock.install();
    plans = [badPlan()];
    await visit.button("Refresh").click();
    await visit.app.getByText("The only plan needs attention.").waitFor();
    plans = [planOverview("1")];
    await visit.page.clock.runFor(31_000);
    await visit.app.getByText("The only plan is good.").waitFor();
    expect(visit.sent("get-overview").length).toBe(3);
  });

  it("keeps what it has, and says how old it is, when a refresh fails", async () => {
    let works = true;
    visit = await Visit.open({
      page: "overview",
      handlers: {
        "module/get-overview": () => (works ? { output: overview({}) } : { abort: "it broke" }),
      },
    });
    await visit.app.getByText("The only plan is good.").waitFor();
    works = false;
    await visit.button("Refresh").click();
    await visit.app.getByText("The action failed").waitFor();
    await visit.app.getByText(/What is shown was read on/).waitFor();
    await visit.app.getByText("The only plan is good.").waitFor();
    works = true;
    await visit.button("Try again").click();
    await visit.app.getByText("The action failed").waitFor({ state: "detached" });
  });

  it("shows a handful of many applications, and more on demand", async () => {
    const plans = [badPlan("1", { attention: attention(2000) })];
    visit = await Visit.open({ page: "overview", handlers: seen({ plans }) });
    await visit.app.getByText("2,000 applications need attention").waitFor();
    expect(await visit.app.locator(".attention li").count()).toBe(5);
    await visit.button(/Show 50 more/).click();
    expect(await visit.app.locator(".attention li").count()).toBe(55);
  });

  it("stays quick with two hundred plans", async () => {
    const plans = Array.from({ length: 200 }, (_, i) => planOverview(String(i + 1)));
    visit = await Visit.open({ page: "overview", handlers: seen({ plans }) });
    await visit.app.getByText("All 200 plans are good.").waitFor();
    expect(await visit.app.locator(".plan-card").count()).toBe(30);
    await visit.button("Show 30 more plans").click();
    expect(await visit.app.locator(".plan-card").count()).toBe(60);
  });

  it("bears the longest names at every width", async () => {
    const name = "Sicherungsplanfürdiegesamteverwaltung".repeat(8).slice(0, 256);
    const plans = [
      badPlan("1", {
        plan: { name },
        destination_name: name,
        attention: attention(2, { name, module: `m${"0".repeat(60)}1` }).slice(0, 1),
      }),
    ];
    visit = await Visit.open({
      page: "overview",
      handlers: seen({ plans, cluster_name: name }),
    });
    await visit.app.locator(".plan-card").waitFor();
    for (const width of [360, 768, 1056, 1920]) {
      await visit.page.setViewportSize({ width, height: 900 });
      expect([width, await visit.overflows()]).toEqual([width, false]);
    }
  });
});

describe("what the overview says beside the plans", () => {
  it("names mails that wait or were given up, and leads to the settings", async () => {
    visit = await Visit.open({
      page: "overview",
      handlers: seen({ queued_mails: 3, undelivered_mails: 2 }),
    });
    await visit.app.getByText("3 mails wait for another attempt").waitFor();
    await visit.app.getByText("2 mails could not be delivered in the last 7 days").waitFor();
    await visit.app.getByText("No plan needs attention, but 2 mails could not").waitFor();
    await visit.app.getByRole("link", { name: "Open the settings" }).click();
    await visit.heading("Settings").waitFor();
  });

  it.each([
    ["queued", "Plan 1", "Show their reports"],
    // Only those of the last days are counted, and the list has all.
    ["undelivered", "Plan 2", "Show every report with such a mail"],
  ])("leads to the reports whose mails are %s", async (mails, plan, link) => {
    const reports = manyReports(9);
    const of = (name: string) =>
      reports.filter((one) => one.plan_name === name).map((one) => one.id);
    visit = await Visit.open({
      page: "overview",
      handlers: {
        ...seen({ [`${mails}_mails`]: 3 }),
        "module/list-reports": listOf(reports, { queued: of("Plan 1"), undelivered: of("Plan 2") }),
      },
    });
    await visit.app.getByRole("link", { name: link }).click();
    await visit.app.getByText("1–3 of 3").waitFor();
    expect(visit.sent("list-reports")).toEqual([{ limit: 25, offset: 0, mails }]);
    expect(visit.place).toContain(`mails=${mails}`);
    expect(await visit.app.getByLabel("Mails").inputValue()).toBe(mails);
    const shown = await visit.app.locator("a[data-report]").allInnerTexts();
    expect(new Set(shown)).toEqual(new Set([plan]));
    await visit.app.getByLabel("Mails").selectOption("Any");
    await visit.app.getByText("1–9 of 9").waitFor();
  });

  it("says that the cluster cannot be read, since when, and what to look at", async () => {
    visit = await Visit.open({
      page: "overview",
      handlers: seen({
        made_at: "2026-11-20T08:30:00Z",
        redis_problem: "Redis at 127.0.0.1:6379 cannot be reached: connection refused",
      }),
    });
    await visit.app.getByText("The cluster cannot be read just now").waitFor();
    await visit.app.getByText("20 Nov 2026, 07:30 (2 hours ago)").waitFor();
    await visit.app.getByText("connection refused").waitFor();
    await visit.app.getByText("Updated 2 hours ago").waitFor();
    await visit.app
      .getByText("The only plan is good. That was so when the cluster was last read, 2 hours ago.")
      .waitFor();
  });

  it("names the open points although every plan is good, and where", async () => {
    visit = await Visit.open({ page: "overview", handlers: seen({}) });
    await visit.app.getByText("The only plan is good.").waitFor();
    const notice = visit.app.getByText("The cluster has no smarthost");
    await notice.waitFor();
    expect(await visit.accessibility()).toEqual([]);
    // Below the plans, and led to from above them.
    await visit.page.setViewportSize({ width: 1280, height: 400 });
    expect(await notice.isVisible()).toBe(true);
    const inSight = () =>
      notice.evaluate((element) => element.getBoundingClientRect().bottom <= window.innerHeight);
    expect(await inSight()).toBe(false);
    await visit.button("1 notice below").click();
    await expect.poll(inSight).toBe(true);
    await visit.app.getByRole("link", { name: "Look at the settings" }).click();
    await visit.heading("Settings").waitFor();
  });

  it("shows the plans to whoever may not read the settings", async () => {
    visit = await Visit.open({
      page: "overview",
      handlers: { ...seen({}), "module/get-configuration": () => ({ http: 403 }) },
    });
    await visit.app.getByText("The only plan is good.").waitFor();
    await expect.poll(() => visit.sent("get-configuration").length).toBe(1);
    expect(await visit.app.locator(".app-notification").count()).toBe(0);
  });

  it("says that another instance speaks", async () => {
    visit = await Visit.open({ page: "overview", handlers: seen({ voice: false }) });
    await visit.app.getByText("Another instance sends the mails").waitFor();
  });

  it("shows the destination's last probe and the size of a run where they are known", async () => {
    const details = {
      1: {
        last_size: 48_318_382_080,
        destination_probe: { at: "2026-11-20T01:16:00Z", health: "failed" },
      },
    };
    visit = await Visit.open({
      page: "overview",
      handlers: seen({ plans: [planOverview("1")] }, details),
    });
    await visit.app.getByText("failed when asked, 5 hours ago").waitFor();
    await visit.app.getByText("45.0 GiB").waitFor();
  });
});

describe("the first visit", () => {
  it("leads to the settings while nothing is set up", async () => {
    visit = await Visit.open({ page: "overview", handlers: trouble("not_configured") });
    await visit.heading("Welcome to Backup Monitor").waitFor();
    expect(await visit.accessibility()).toEqual([]);
    await visit.button("Open the settings").click();
    await visit.heading("Settings").waitFor();
  });

  it("leads to the status page while the service is down", async () => {
    visit = await Visit.open({ page: "overview", handlers: trouble("service_not_running") });
    await visit.app.getByText("The service is not running").waitFor();
    await visit.app.getByRole("link", { name: "Open the status page" }).click();
    await visit.heading("Status").waitFor();
  });

  it("leads to Backup and restore where there is no plan", async () => {
    visit = await Visit.open({ page: "overview", handlers: seen({ plans: [] }) });
    await visit.app.getByText("There is no backup plan: nothing is backed up.").waitFor();
    await visit.heading("The cluster has no backup plan yet").waitFor();
    await visit.button("Open Backup and restore").click();
    await expect.poll(() => visit.place).toBe("/backup");
  });

  it("leads to Backup and restore where no backup ever ran", async () => {
    const plans = [planOverview("1", { standing: "unknown", strip: [], last: null })];
    visit = await Visit.open({ page: "overview", handlers: seen({ plans }) });
    await visit.heading("No backup has run yet").waitFor();
    await visit.button("Open Backup and restore").waitFor();
  });
});

describe("when the overview cannot be had", () => {
  it.each([
    ["while it is loading", { never: true }, "Loading"],
    ["when it was aborted", { abort: "Traceback" }, "The action failed"],
    ["without permission", { http: 403 }, "You are not permitted to see or do this"],
    ["while the agent is away", { http: 404 }, "The application's node does not answer"],
    ["after the login has ended", { http: 401 }, "Your login has ended"],
  ])("the page says so %s", async (_, answer, words) => {
    visit = await Visit.open({
      page: "overview",
      handlers: { "module/get-overview": () => answer },
    });
    await visit.app.getByText(words).first().waitFor({ state: "attached" });
    expect(await visit.accessibility()).toEqual([]);
  });

  it.each([401, 403])("it is asked again by hand only once it was refused (%d)", async (http) => {
    let answer: Answer = { http };
    visit = await Visit.open({
      page: "overview",
      handlers: { "module/get-overview": () => answer },
    });
    const retry = visit.button("Try again");
    const asked = () => visit.sent("get-overview").length;
    await retry.waitFor();
    await visit.page.clock.install();
    await retry.click();
    await expect.poll(asked).toBe(2);
    await retry.waitFor();
    await visit.page.clock.runFor(120_000);
    expect(asked()).toBe(2);
    answer = { output: overview() };
    await retry.click();
    await visit.heading("Plan 1").waitFor();
    await visit.page.clock.runFor(31_000);
    await expect.poll(asked).toBe(4);
  });
});
