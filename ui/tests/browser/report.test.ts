import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fleet, reportOf } from "../shell/backups.mjs";
import { startBrowser, stopBrowser, Visit, type Answer, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const report = (more: object = {}): Handlers => ({
  ...fleet(),
  "module/get-report": ({ id, language }) => ({ output: reportOf({ id, language, ...more }) }),
});
const members = () => visit.app.getByRole("region", { name: "Applications of this report" });
const names = () => members().locator("tbody tr td:first-child strong").allInnerTexts();

describe("a report", () => {
  it("says what its mail says", async () => {
    visit = await Visit.open({ page: "reports&id=12", handlers: report() });
    await visit.heading("Backup partially failed").waitFor();
    expect(visit.sent("get-report")).toEqual([{ id: 12, language: "en" }]);
    const text = await visit.app.locator("main").innerText();
    for (const part of [
      "Studio Rossi",
      "Nightly: 1 of 7 applications failed",
      "The plan has been bad since 18 Nov 2026",
      "nextcloud1: the backup itself ended with errors.",
      "changes made since 19 Nov 2026",
      "journalctl -u backup1 -u agent@node",
      "Applications: 7, 1 failed",
      "Last good backup: 19 Nov 2026 02:06 CET",
      "b2:studio-rossi-ns8 (backblaze)",
      "Asked with restic.",
      "locked",
      "In no backup plan: wiki1.",
      "Nightly (id 1)",
      "alertname=BackupFailed id=1 severity=critical",
      "All times: Europe/Rome (CET).",
      "ad…@example.org",
      "451 4.7.1 Greylisted, try again later",
      "Fri, 20 November 2026 at 02:18:42 CET",
      "2 attempts failed",
      "550 5.1.1 No such user",
    ]) {
      expect(text).toContain(part);
    }
    expect(await visit.page.title()).toBe(
      "Nightly, 20 Nov 2026, 02:00 - Backup Monitor - NethServer 8",
    );
    expect(await visit.accessibility()).toEqual([]);
  });

  it("has all its times in the zone that it names, wherever its reader is", async () => {
    let answer: Answer | null = null;
    const asked = report()["module/get-report"]!;
    visit = await Visit.open({
      page: "about",
      timezone: "America/New_York",
      handlers: { ...report(), "module/get-report": (input) => answer ?? asked(input) },
    });
    await visit.page.clock.setFixedTime("2026-11-20T07:00:00Z");
    await visit.page.goto(visit.address("reports&id=12"));
    await visit.heading("Nightly, 20 Nov 2026, 02:00").waitFor();
    await visit.app.getByText("Fri, 20 November 2026 at 02:18:42 CET").first().waitFor();
    answer = { http: 500 };
    await visit.button("Mail it again").click();
    await visit.app.getByRole("dialog").getByRole("button", { name: "Mail it again" }).click();
    await visit.app.getByText("What is shown was read on 20 Nov 2026, 08:00.").waitFor();
    expect(await visit.app.locator("main").innerText()).not.toMatch(/GMT-|EST|New.York/);
  });

  it("has the reader's own zone where the browser does not know that of the mail", async () => {
    visit = await Visit.open({
      page: "reports&id=12",
      timezone: "America/New_York",
      handlers: report({ said: { timezone: "Mars/Olympus_Mons" } }),
    });
    await visit.heading("Nightly, 19 Nov 2026, 20:00").waitFor();
  });

  it("shows markup in names as the text it is", async () => {
    const evil = '<img src=x onerror="document.title=1"><b>bold</b>';
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: report({ said: { topic: evil, what: evil, warnings: [evil] } }),
    });
    await visit.app.getByText(evil).first().waitFor();
    expect(await visit.app.locator("main b, main img").count()).toBe(0);
  });

  it("has its commands ready to copy", async () => {
    visit = await Visit.open({ page: "reports&id=12", handlers: report() });
    await visit.button("Copy: journalctl -u backup1 -u agent@node").click();
    await visit.app.getByText("Copied.").waitFor();
    const copied = await visit.page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe("journalctl -u backup1 -u agent@node");
  });

  it("sorts its applications, failed first to begin with", async () => {
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: report({ applications: 9, failed: 2 }),
    });
    await members().waitFor();
    expect((await names()).slice(0, 3)).toEqual(["Cloud 1", "nextcloud2", "nextcloud3"]);
    const heading = members().getByRole("columnheader", { name: "Size" });
    await heading.getByRole("button").focus();
    await visit.page.keyboard.press("Enter");
    expect(await heading.getAttribute("aria-sort")).toBe("ascending");
    expect((await names()).slice(-2)).toEqual(["Cloud 1", "nextcloud2"]);
    await visit.page.keyboard.press("Enter");
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
  });

  it("stays quick with two thousand applications, and finds one of them", async () => {
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: report({ applications: 2000, failed: 150 }),
    });
    await visit.app.getByText("Applications: 2,000, 150 failed").waitFor();
    expect(await members().locator("tbody tr").count()).toBe(50);
    await visit.app.getByText("1–50 of 2,000").waitFor();
    const took = await visit.frame.evaluate(async () => {
      const sort = [...document.querySelectorAll<HTMLElement>(".bx--table-sort")].find((one) =>
        one.textContent?.includes("Duration"),
      )!;
      const began = performance.now();
      sort.click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - began;
    });
    expect(took).toBeLessThan(1000);
    await visit.app.getByLabel("Find an application").fill("nextcloud1987");
    await expect.poll(() => members().locator("tbody tr").count()).toBe(1);
    await visit.app.getByLabel("Find an application").fill("nothing like it");
    await visit.app.getByText("No application fits.").waitFor();
  });

  it("shows as much as the numbers tell where it came without words", async () => {
    visit = await Visit.open({
      page: "reports&view=check",
      handlers: {
        ...fleet(),
        "module/run-check": () => ({
          output: {
            format: "ns8-backup-monitor/check/1",
            outcome: "PARTIAL",
            reports: [reportOf().report],
          },
        }),
      },
    });
    await visit.button("Start the check").click();
    await visit.heading("Partially failed, 1 of 7 failed").waitFor();
    expect(await names()).toHaveLength(7);
  });

  it("shows a summary's tables", async () => {
    const mark = (text: string, tone: string) => ({ text, tone, color: "#000000" });
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: report({
        report: { kind: "digest", plan: null, members: [], destination: null, at: null },
        said: {
          members: [],
          destination: null,
          overview: {
            rows: [
              {
                name: "Nightly",
                id: "1",
                standing: mark("bad", "bad"),
                icon: "❌",
                applications: "7",
                newest: "20 Nov 02:00",
                result: mark("1 of 7 failed", "warning"),
                next: "21 Nov 02:00",
                notes: ["Bad since 18 Nov 2026 02:00 CET (2 days ago)"],
              },
            ],
            left_out: "and 3 more",
            attention: {
              title: "Need attention (1)",
              rows: [
                {
                  name: "Cloud",
                  id: "nextcloud1",
                  node: "1",
                  plan: "Nightly",
                  result: mark("backup failed", "bad"),
                  last_good: "19 Nov 02:06",
                },
              ],
              left_out: null,
            },
          },
          uncovered: {
            title: "In no plan (1)",
            rows: [
              { name: "Wiki", id: "wiki1", node: "2", plan: "Nightly (1)", since: "18 Nov 11:04" },
            ],
            left_out: null,
          },
          plans: [{ name: "Weekly", id: "2", schedule: "weekly", newest: "never" }],
        },
      }),
    });
    await visit.heading(/^Weekly summary, /).waitFor();
    const text = await visit.app.locator("main").innerText();
    for (const part of [
      "Bad since 18 Nov 2026",
      "and 3 more",
      "Need attention (1)",
      "nextcloud1",
      "In no plan (1)",
      "Nightly (1)",
      "weekly",
    ]) {
      expect(text).toContain(part);
    }
    expect(await visit.accessibility()).toEqual([]);
  });

  it("says that no mail was made of it", async () => {
    visit = await Visit.open({ page: "reports&id=12", handlers: report({ deliveries: [] }) });
    await visit.app.getByText("No mail was made of this report: it was only kept.").waitFor();
  });
});

describe("mailing a report again", () => {
  it("asks first, and shows what became of the mail", async () => {
    const sent = {
      message_id: "<third@example.org>",
      subject: "again",
      to: "ad…@example.org",
      state: "sent",
      attempts: 0,
      at: "2026-11-20T07:00:00Z",
      next_attempt: null,
      answer: "250 2.0.0 Queued as 4711",
    };
    let deliveries: object[] = [];
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: {
        ...fleet(),
        "module/get-report": ({ id, language }) => ({
          output: reportOf({ id, language, deliveries }),
        }),
        "module/resend-report": ({ id }) => {
          deliveries = [sent];
          return {
            output: {
              format: "ns8-backup-monitor/resent/1",
              id,
              left_to_service: true,
              sent: 0,
              waiting: 0,
              lost: 0,
            },
          };
        },
      },
    });
    await visit.button("Mail it again").click();
    await visit.heading("Mail this report again?").waitFor();
    expect(await visit.accessibility()).toEqual([]);
    // The Tab key stays within, and who leaves is where they were.
    const inDialog = () =>
      visit.frame.evaluate(() => document.activeElement?.closest("dialog") !== null);
    for (let i = 0; i < 5; i += 1) {
      await visit.page.keyboard.press("Tab");
      expect(await inDialog()).toBe(true);
    }
    await visit.page.keyboard.press("Escape");
    await visit.heading("Mail this report again?").waitFor({ state: "detached" });
    const focused = () => visit.frame.evaluate(() => document.activeElement?.textContent?.trim());
    expect(await focused()).toBe("Mail it again");
    expect(visit.sent("resend-report")).toEqual([]);
    await visit.button("Mail it again").click();
    await visit.app.locator("dialog").getByRole("button", { name: "Mail it again" }).click();
    await visit.app.getByText("The report is on its way").waitFor();
    expect(visit.sent("resend-report")).toEqual([{ id: 12 }]);
    await visit.app.locator("dialog").getByRole("button", { name: "Close" }).last().click();
    // The service has delivered it meanwhile: it appears without anybody's doing.
    await visit.app.getByText("250 2.0.0 Queued as 4711").waitFor();
  });

  it("tells what could not be delivered", async () => {
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: {
        ...report(),
        "module/resend-report": ({ id }) => ({
          output: {
            format: "ns8-backup-monitor/resent/1",
            id,
            left_to_service: false,
            sent: 1,
            waiting: 2,
            lost: 1,
          },
        }),
      },
    });
    await visit.button("Mail it again").click();
    await visit.app.locator("dialog").getByRole("button", { name: "Mail it again" }).click();
    await visit.app.getByText("The mail could not be delivered to everybody").waitFor();
    await visit.app.getByText("2 recipients wait for another attempt.").waitFor();
    await visit.app.getByText("Refused for 1 recipient.").waitFor();
  });

  it("says why it failed, and can be tried again", async () => {
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: { ...report(), "module/resend-report": () => ({ abort: "it broke" }) },
    });
    await visit.button("Mail it again").click();
    const again = visit.app.locator("dialog").getByRole("button", { name: "Mail it again" });
    await again.click();
    await visit.app.locator("dialog").getByText("The action failed").waitFor();
    await again.waitFor();
  });
});

describe("when a report cannot be had", () => {
  it.each([["12"], ["0"], ["abc"], ["99999999999999999999"]])(
    "the page for id %s leads back to the list",
    async (id) => {
      visit = await Visit.open({
        page: `reports&id=${id}`,
        handlers: {
          ...fleet(),
          "module/get-report": () => ({
            validation: [
              { field: "id", parameter: "id", value: null, error: "no_such_report", message: "" },
            ],
          }),
        },
      });
      await visit.app.getByText("There is no such report").waitFor();
      expect(await visit.accessibility()).toEqual([]);
      await visit.app.getByRole("link", { name: "All reports" }).click();
      await visit.heading("Reports").waitFor();
    },
  );

  it.each([
    ["is loading", { never: true }, "Loading"],
    ["was aborted", { abort: "Traceback" }, "The action failed"],
    ["is not permitted", { http: 403 }, "You are not permitted to see or do this"],
  ])("the page says so while it %s", async (_, answer, words) => {
    visit = await Visit.open({
      page: "reports&id=12",
      handlers: { ...fleet(), "module/get-report": () => answer },
    });
    await visit.app.getByText(words).first().waitFor({ state: "attached" });
    expect(await visit.accessibility()).toEqual([]);
  });
});
