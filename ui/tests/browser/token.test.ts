import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { heldSave, startBrowser, stopBrowser, Visit, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const settings = (options = {}) => Visit.open({ page: "settings", ...options });

describe("the webhook's token", () => {
  it("is made in the browser, shown once and kept nowhere", async () => {
    visit = await settings();
    await visit.button("Make a token").click();
    const dialog = visit.app.getByRole("dialog", { name: "The new token" });
    const token = await dialog.getByLabel("Token", { exact: true }).inputValue();
    await visit.shot("settings-token");
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(visit.sent("configure-module")).toEqual([{ webhook_token: token }]);
    await dialog.getByRole("button", { name: "Copy: Token" }).click();
    await dialog.getByText("Copied.").waitFor();
    expect(await visit.frame.evaluate(() => navigator.clipboard.readText())).toBe(token);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await visit.app.getByText("A token is set. It cannot be shown again.").waitFor();
    const everywhere = await visit.frame.evaluate(
      () =>
        document.documentElement.outerHTML + JSON.stringify({ ...sessionStorage, ...localStorage }),
    );
    expect(everywhere).not.toContain(token);
  });

  it("keeps everybody from anything else while it is set", async () => {
    const { handlers, release } = heldSave();
    visit = await settings({ handlers });
    await visit.button("Make a token").click();
    const wait = visit.app.getByRole("dialog", { name: "Setting the token" });
    await wait.waitFor();
    expect(await visit.accessibility()).toEqual([]);
    await visit.page.keyboard.press("Escape");
    expect(await wait.getByRole("button", { name: "Close" }).isDisabled()).toBe(true);
    await wait.getByRole("button", { name: "Close" }).focus();
    await visit.page.keyboard.press("Enter");
    expect(await wait.count()).toBe(1);
    release();
    const dialog = visit.app.getByRole("dialog", { name: "The new token" });
    await dialog.waitFor();
    expect(await dialog.getByText("not known").count()).toBe(0);
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  });

  it("is not left by the back button, which would lose it", async () => {
    visit = await Visit.open({ page: "about" });
    await visit.heading("About").waitFor();
    await visit.app.getByRole("link", { name: "Settings" }).click();
    await visit.app.getByLabel("Beginning of every subject").fill("[X]");
    await visit.button("Make a token").click();
    const dialog = visit.app.getByRole("dialog", { name: "The new token" });
    await dialog.waitFor();
    await visit.page.goBack();
    await expect.poll(() => visit.place).toContain("page=settings");
    expect(await visit.app.getByRole("dialog").count()).toBe(1);
    expect(await dialog.getByLabel("Token", { exact: true }).inputValue()).toMatch(/^[\w-]{43}$/);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await visit.page.goBack();
    await visit.button("Leave and discard").click();
    await visit.heading("About").waitFor();
  });

  it.each([
    ["is lost on its way", { http: 502 }],
    ["never comes", { never: true }],
  ])("is shown, and that it may be set, when the answer %s", async (_, answer) => {
    visit = await settings({ handlers: { "module/configure-module": () => answer } as Handlers });
    await visit.page.clock.install();
    await visit.button("Make a token").click();
    await expect.poll(() => visit.sent("configure-module").length).toBe(1);
    const { webhook_token: token } = visit.sent("configure-module")[0];
    const dialog = visit.app.getByRole("dialog", { name: "The token may be set" });
    await expect
      .poll(async () => {
        await visit.page.clock.runFor(30_000);
        return dialog.count();
      })
      .toBe(1);
    expect(await dialog.getByLabel("Token", { exact: true }).inputValue()).toBe(token);
    await dialog.getByText("Whether it was set is not known.").waitFor();
    expect(await visit.accessibility()).toEqual([]);
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await expect.poll(() => visit.sent("get-configuration").length).toBe(2);
  });

  it("is not shown when it was refused for certain", async () => {
    visit = await settings({
      handlers: { "module/configure-module": () => ({ http: 403 }) } as Handlers,
    });
    await visit.button("Make a token").click();
    await visit.app.getByText("You are not permitted to see or do this").waitFor();
    expect(await visit.app.getByRole("dialog").count()).toBe(0);
    expect(await visit.frame.evaluate(() => document.documentElement.outerHTML)).not.toContain(
      visit.sent("configure-module")[0].webhook_token,
    );
  });

  it("is replaced and removed only after a question", async () => {
    visit = await settings();
    visit.instance.configuration.webhook_token_set = true;
    await visit.page.reload();
    await visit.button("Make a new token").click();
    await visit.button("Cancel").click();
    expect(visit.sent("configure-module")).toEqual([]);
    await visit.button("Remove the token").click();
    await visit.app.getByRole("dialog").getByRole("button", { name: "Remove the token" }).click();
    await visit.app.getByText("No token is set").waitFor();
    expect(visit.sent("configure-module")).toEqual([{ webhook_token: "" }]);
  });
});
