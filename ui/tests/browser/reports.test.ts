import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fleet, listOf, manyReports } from "../shell/backups.mjs";
import { startBrowser, stopBrowser, Visit, type Answer } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const rows = () => visit.app.locator("tbody tr");
const listed = (count: number) => expect.poll(() => rows().count()).toBe(count);
const place = () => visit.place.replace("/apps/backup-monitor1?page=reports", "");

describe("the list of reports", () => {
  it("shows the newest first, with plan, outcome, run and mail", async () => {
    visit = await Visit.open({ page: "reports", handlers: fleet() });
    await listed(25);
    const first = await rows().nth(1).innerText();
    for (const part of ["Plan 3", "Failed", "1 of 7 failed", "19 Nov 2026, 18:00", "yes"]) {
      expect(first).toContain(part);
    }
    expect(await rows().nth(1).innerText()).toContain("started by hand, for some applications");
    await visit.app.getByRole("link", { name: "Weekly summary" }).first().waitFor();
    await visit.app.getByText("1–25 of 120").waitFor();
    expect(await visit.accessibility()).toEqual([]);
  });

  it("turns its pages, and the address keeps count", async () => {
    visit = await Visit.open({ page: "reports", handlers: fleet() });
    await listed(25);
    await visit.button("Next page").click();
    await visit.app.getByText("26–50 of 120").waitFor();
    expect(place()).toBe("&p=2");
    expect(visit.sent("list-reports").at(-1)).toEqual({ limit: 25, offset: 25 });
    await visit.app.getByLabel("Per page").selectOption("100");
    await listed(100);
    // The size and the page change together, and are one step back.
    expect(place()).toBe("&size=100");
    await visit.page.goBack();
    await visit.app.getByText("26–50 of 120").waitFor();
  });

  it("is narrowed by plan, outcome, days and words; all of it in the address", async () => {
    visit = await Visit.open({ page: "reports", handlers: fleet() });
    await listed(25);
    await visit.app.getByLabel("Outcome").selectOption("REPO_FAILURE");
    await visit.app.getByText("1–20 of 20").waitFor();
    await visit.app.getByLabel("From").fill("2026-11-10");
    await expect.poll(place).toBe("&outcome=REPO_FAILURE&from=2026-11-10");
    await visit.app.getByLabel("To", { exact: true }).fill("2026-11-20");
    await visit.app.getByLabel("Plan or failed application").fill("plan 3");
    await expect
      .poll(place)
      .toBe("&outcome=REPO_FAILURE&from=2026-11-10&to=2026-11-20&text=plan+3");
    await expect
      .poll(() => visit.sent("list-reports").at(-1))
      .toEqual({
        limit: 25,
        offset: 0,
        outcome: "REPO_FAILURE",
        since: "2026-11-09T23:00:00.000Z",
        until: "2026-11-20T23:00:00.000Z",
        text: "plan 3",
      });
    await visit.button("Clear the filters").click();
    await visit.app.getByText("1–25 of 120").waitFor();
    expect(place()).toBe("");
    expect(await visit.app.getByLabel("Plan or failed application").inputValue()).toBe("");
  });

  it("opens from a link with everything set", async () => {
    visit = await Visit.open({
      page: "reports&plan=1&outcome=PARTIAL&p=1&size=10&from=2026-11-01",
      handlers: fleet(),
    });
    await rows().first().waitFor();
    expect(await visit.app.getByLabel("Plan", { exact: true }).inputValue()).toBe("1");
    expect(await visit.app.getByLabel("Outcome").inputValue()).toBe("PARTIAL");
    expect(await visit.app.getByLabel("From").inputValue()).toBe("2026-11-01");
  });

  it("offers plans that only old reports name, and the one in the address", async () => {
    visit = await Visit.open({ page: "reports&plan=99", handlers: fleet() });
    await visit.heading("No report fits the filters").waitFor();
    expect(await visit.app.getByLabel("Plan", { exact: true }).inputValue()).toBe("99");
    await visit.button("Clear the filters").last().click();
    await listed(25);
  });

  it("says that days are the wrong way round, and asks for nothing", async () => {
    visit = await Visit.open({ page: "reports", handlers: fleet() });
    await listed(25);
    await visit.app.getByLabel("From").fill("2026-11-10");
    // The address changes before the list is asked for.
    const asked = () => visit.sent("list-reports").length;
    await expect.poll(asked).toBe(2);
    expect(place()).toBe("&from=2026-11-10");
    await visit.app.getByLabel("To", { exact: true }).fill("2026-11-01");
    await visit.app.getByText("This day lies before the first one.").waitFor();
    expect(place()).toBe("&from=2026-11-10");
    await visit.app.getByLabel("To", { exact: true }).fill("2026-11-20");
    await expect.poll(asked).toBeGreaterThan(2);
    // Not one more: for the wrong days none was sent, not even later.
    expect(asked()).toBe(3);
    expect(place()).toBe("&from=2026-11-10&to=2026-11-20");
  });

  it("says that there is no report yet", async () => {
    visit = await Visit.open({ page: "reports", handlers: fleet({ reports: [] }) });
    await visit.heading("There is no report yet").waitFor();
    expect(await visit.accessibility()).toEqual([]);
  });

  it("goes to the last page where an old link leads beyond it", async () => {
    visit = await Visit.open({
      page: "reports&p=40",
      handlers: { ...fleet(), "module/list-reports": listOf(manyReports(30)) },
    });
    await visit.app.getByText("26–30 of 30").waitFor();
    expect(place()).toBe("&p=2");
  });

  it("leads to a report and back to where one was, with the focus on it", async () => {
    visit = await Visit.open({ page: "reports&outcome=PARTIAL&size=10", handlers: fleet() });
    await listed(10);
    await visit.app
      .getByRole("link", { name: /^Plan 1, / })
      .nth(2)
      .click();
    await visit.app.getByRole("heading", { name: "Backup partially failed" }).waitFor();
    expect(place()).toMatch(/^&outcome=PARTIAL&size=10&id=\d+$/);
    await visit.app.getByRole("link", { name: "All reports" }).click();
    await listed(10);
    expect(place()).toBe("&outcome=PARTIAL&size=10");
    const focused = () =>
      visit.frame.evaluate(() => document.activeElement?.getAttribute("data-report"));
    await expect.poll(focused).not.toBeNull();
  });

  it("works with the keyboard alone", async () => {
    visit = await Visit.open({ page: "reports", handlers: fleet() });
    await listed(25);
    await visit.app.getByLabel("Plan", { exact: true }).focus();
    const names: string[] = [];
    for (let i = 0; i < 14; i += 1) {
      names.push(
        await visit.frame.evaluate(() => {
          const at = document.activeElement as HTMLElement;
          const label = at.id ? document.querySelector(`label[for="${at.id}"]`) : null;
          return (
            at.getAttribute("aria-label") ??
            label?.textContent ??
            at.textContent ??
            ""
          ).trim();
        }),
      );
      await visit.page.keyboard.press("Tab");
    }
    expect([...new Set(names)]).toEqual(
      expect.arrayContaining([
        "Plan",
        "Outcome",
        "Mails",
        "From",
        "To",
        "Plan or failed application",
        "Reports",
      ]),
    );
    await visit.app
      .getByRole("link", { name: /^Plan 3, / })
      .first()
      .focus();
    await visit.page.keyboard.press("Enter");
    await visit.app.getByRole("heading", { name: "Backup partially failed" }).waitFor();
    // What was opened has the focus: reading goes on there.
    expect(await visit.frame.evaluate(() => document.activeElement?.className)).toBe("app-arrival");
  });

  it("stays quick with a thousand reports", async () => {
    visit = await Visit.open({
      page: "reports&size=100",
      handlers: fleet({ reports: manyReports(1000) }),
    });
    await listed(100);
    await visit.app.getByText("1–100 of 1,000").waitFor();
    const began = Date.now();
    await visit.button("Next page").click();
    await visit.app.getByText("101–200 of 1,000").waitFor();
    expect(Date.now() - began).toBeLessThan(3000);
  });
});

describe("when the list cannot be had", () => {
  const broken = (answer: Answer) => ({ ...fleet(), "module/list-reports": () => answer });
  const code = (error: string) => ({
    validation: [{ field: "", parameter: "", value: null, error, message: "its words" }],
  });
  it.each([
    ["the service is down", code("service_not_running"), "The service is not running"],
    ["the service gives no answer", code("service_timeout"), "The service did not answer in time"],
    ["the service fails", code("service_failed"), "The service could not do it"],
    ["the action is aborted", { abort: "Traceback" }, "The action failed"],
    ["permission lacks", { http: 403 }, "You are not permitted to see or do this"],
    ["the agent is away", { http: 404 }, "The application's node does not answer"],
    ["nothing is set up", code("not_configured"), "Welcome to Backup Monitor"],
  ])("the page says that %s", async (_, answer, words) => {
    visit = await Visit.open({ page: "reports", handlers: broken(answer) });
    await visit.app.getByText(words).first().waitFor();
    expect(await visit.accessibility()).toEqual([]);
  });

  it("keeps what it has when the next page cannot be had", async () => {
    let works = true;
    const list = listOf(manyReports(60));
    visit = await Visit.open({
      page: "reports",
      handlers: {
        ...fleet(),
        "module/list-reports": (input) => (works ? list(input) : { abort: "it broke" }),
      },
    });
    await listed(25);
    works = false;
    await visit.button("Next page").click();
    await visit.app.getByText("The action failed").waitFor();
    await listed(25);
    works = true;
    await visit.button("Try again").click();
    await visit.app.getByText("26–50 of 60").waitFor();
  });
});
