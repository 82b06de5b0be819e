import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, stopBrowser, Visit, type Answer, type Handlers } from "../browser/harness";
import { ownActions } from "../shell/schemas.mjs";

/** Where tests/module/support/pages.py listens. */
const INSTANCE = process.env.NBM_INSTANCE ?? "";
const SERVICE_LIMIT_MS = 100_000;

async function ask(path: string, body: object): Promise<any> {
  const answer = await fetch(`${INSTANCE}${path}`, { method: "POST", body: JSON.stringify(body) });
  return answer.json();
}

async function act(action: string, data: unknown): Promise<Answer> {
  const task = await ask("/action", { action, data });
  if (task.status === "completed") return { output: task.output, steps: task.progress };
  if (task.status === "validation-failed") return { validation: task.output };
  return { abort: task.error, output: task.output };
}

/** A run of the plan has ended; what is not named was not backed up. */
const backedUp = (errors: Record<string, number>) => ask("/run", { errors });

let visit: Visit;
beforeAll(async () => {
  if (!INSTANCE) throw new Error("tests/run module runs these tests, with an instance");
  await startBrowser();
  const handlers: Handlers = {};
  for (const action of ownActions()) {
    handlers[`module/${action}`] = (input: unknown) => act(action, input);
  }
  visit = await Visit.open({ handlers, configured: false });
});
afterAll(async () => {
  await visit?.close();
  await stopBrowser();
});

const see = (words: string | RegExp, limit = SERVICE_LIMIT_MS) =>
  visit.app.getByText(words).first().waitFor({ timeout: limit });
const open = (page: string) =>
  visit.app.getByRole("link", { name: page, exact: true }).first().click();

/** Looks at the overview until it says this. */
async function overviewSays(words: string | RegExp): Promise<void> {
  await expect
    .poll(
      async () => {
        await visit.button("Refresh").click();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return visit.app.getByText(words).count();
      },
      { timeout: SERVICE_LIMIT_MS },
    )
    .toBeGreaterThan(0);
}

describe.sequential("somebody who has just installed the application", () => {
  it("is led to the settings", async () => {
    await see("Welcome to Backup Monitor");
    await visit.app.getByText("Open the settings", { exact: true }).first().click();
    await visit.heading("Settings").waitFor();
  });

  it("is told what the service refuses, in the page's words", async () => {
    await visit.app.getByLabel("Sender *").fill("monitor@example.org");
    await visit.app.getByLabel("Recipients *").fill("admin@example.org");
    // To a browser this is a host.
    const admin = visit.app.getByLabel("Address of the cluster-admin");
    await admin.fill("https://-leader-/");
    await visit.button("Save settings").click();
    await see("Not an address with http://");
    expect(await admin.getAttribute("aria-invalid")).toBe("true");
    await admin.fill(visit.shell.url);
    await visit.button("Waiting and schedules").click();
    await visit.app.getByLabel(/^Patience within a run/).fill("1");
    await see("Allowed is 60 to 86400.");
    await visit.app.getByLabel(/^Patience within a run/).fill("7200");
    await visit.app.getByLabel(/^Pause before a report/).fill("0");
    await visit.app.getByLabel(/^Look at the cluster every/).fill("10");
  });

  it("saves them, and the service starts", async () => {
    await visit.button("Save settings").click();
    await see("The service uses the new settings.");
    const { output } = await act("get-configuration", {});
    expect(output).toMatchObject({
      configured: true,
      settings: {
        mail: {
          to: ["admin@example.org"],
          from: "monitor@example.org",
          admin_url: visit.shell.url,
        },
        correlator: { wait_seconds: 0 },
      },
    });
  });

  it("sends a test mail, and sees the mail server's own answer", async () => {
    await visit.button("Send a test mail").click();
    await see("The mail server took the mail");
    await see(/^250 /);
  });

  it("makes a token, which the service then has and nobody sees", async () => {
    await visit.button("Make a token").click();
    const dialog = visit.app.getByRole("dialog", { name: "The new token" });
    const token = await dialog.getByLabel("Token", { exact: true }).inputValue();
    // A stray key must not cost it.
    await visit.page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(true);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await see("A token is set. It cannot be shown again.");
    const { output } = await act("get-configuration", {});
    expect(output).toMatchObject({ webhook_token_set: true });
    expect(JSON.stringify(output)).not.toContain(token);
  });

  it("sees a plan whose first run has not come yet", async () => {
    await open("Overview");
    await see("Nightly");
    await overviewSays("No backup has run yet");
    await visit.shot("real-no-run");
  });
});

describe.sequential("a bad night", () => {
  it("shows on the overview", async () => {
    await backedUp({ mail1: 0, nextcloud1: 1 });
    await overviewSays("The only plan needs attention.");
    await visit.shot("real-failed");
  });

  it("has a report that says what its mail says", async () => {
    await open("Reports");
    await visit.app.getByRole("row").nth(1).getByRole("link").first().click();
    await see("nextcloud1");
    await see("backup failed");
    await visit.shot("real-report");
    expect(await visit.accessibility()).toEqual([]);
  });

  it("is over when all that failed is good again", async () => {
    await backedUp({ mail1: 0, nextcloud1: 0 });
    await open("Overview");
    await overviewSays(/The only plan is good|No plan needs attention, but/);
    await visit.shot("real-recovered");
  });
});
