import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, stopBrowser, Visit } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

describe("the pages inside the cluster-admin", () => {
  it("open with the overview, and say so in the address", async () => {
    visit = await Visit.open();
    await visit.heading("Overview").waitFor();
    expect(visit.place).toBe("/apps/backup-monitor1?page=overview");
    expect(await visit.page.title()).toBe("Overview - Backup Monitor - NethServer 8");
  });

  it("lead on by the side menu, and back by the browser's button", async () => {
    visit = await Visit.open({ page: "status" });
    await visit.heading("Status").waitFor();
    await visit.app.getByRole("link", { name: "About" }).click();
    await visit.heading("About").waitFor();
    expect(visit.place).toBe("/apps/backup-monitor1?page=about");
    await visit.page.goBack();
    await visit.heading("Status").waitFor();
    await visit.page.goForward();
    await visit.heading("About").waitFor();
  });

  it("follow an address that is typed, and pass over a page that does not exist", async () => {
    visit = await Visit.open({ page: "about" });
    await visit.heading("About").waitFor();
    await visit.page.evaluate(() => (location.hash = "#/apps/backup-monitor1?page=status"));
    await visit.heading("Status").waitFor();
    await visit.page.goto(visit.address("nowhere"));
    await visit.heading("Overview").waitFor();
  });

  it("say so when a part of them cannot be had, also after a new start", async () => {
    visit = await Visit.open({ page: "about" });
    await visit.page.route("**/StatusPage-*.js", (route) => route.abort());
    const note = visit.app.getByText("Something went wrong in this page");
    await visit.app.getByRole("link", { name: "Status" }).click();
    await expect
      .poll(async () => {
        await visit.app.getByRole("link", { name: "Status" }).click();
        return note.count();
      })
      .toBe(1);
    expect(await visit.accessibility()).toEqual([]);
    await visit.page.unroute("**/StatusPage-*.js");
    await visit.button("Load the pages again").click();
    await visit.app.getByRole("link", { name: "Status" }).click();
    await visit.heading("Status").waitFor();
    expect(await note.count()).toBe(0);
    visit.problems.length = 0;
  });

  it("say so when they cannot even begin, in the reader's language", async () => {
    visit = await Visit.open({ page: "about", language: "it-IT" });
    await visit.page.goto(`${visit.shell.url}apps/backup-monitor1/index.html`);
    await visit.page.getByText("Qualcosa è andato storto in questa pagina").waitFor();
    await visit.page.getByText("these pages work inside the cluster-admin only").waitFor({
      state: "attached",
    });
    await visit.page.getByRole("button", { name: "Ricarica le pagine" }).waitFor();
    visit.problems.length = 0;
  });

  it.each([
    ["en-GB", "en"],
    ["it-IT", "it"],
  ])("lead to the manual in the reader's language: %s", async (language, name) => {
    visit = await Visit.open({ page: "about", language });
    await visit.app.locator(`a[href$="/docs/manual/${name}.md"]`).waitFor();
  });

  it("leave no listener behind when what they read is read", async () => {
    visit = await Visit.open({ page: "status" });
    await visit.app.getByText("Running").first().waitFor();
    await expect.poll(() => visit.waiting()).toEqual([]);
  });
});

describe("when the page around is shown no more", () => {
  /** How the pages follow the address of the page around. */
  async function listeners(): Promise<string[]> {
    const session = await visit.page.context().newCDPSession(visit.page);
    const { result } = await session.send("Runtime.evaluate", { expression: "window" });
    const found = await session.send("DOMDebugger.getEventListeners", {
      objectId: result.objectId!,
    });
    await session.detach();
    const types = found.listeners.map((one) => one.type).sort();
    return types.filter((type) => ["hashchange", "popstate"].includes(type));
  }

  it("nothing of the pages stays in it", async () => {
    visit = await Visit.open({
      page: "reports&view=check",
      handlers: { "module/run-check": () => ({ never: true }) },
    });
    await visit.button("Start the check").click();
    await expect.poll(async () => (await visit.waiting()).join()).toContain("run-check");
    expect(await listeners()).toEqual(["hashchange", "popstate"]);
    await visit.page.evaluate(() => document.getElementById("app-frame")!.remove());
    expect(await visit.waiting()).toEqual([]);
    expect(await listeners()).toEqual([]);
  });

  it("the pages rest, and are there again when somebody comes back", async () => {
    visit = await Visit.open({ page: "about" });
    await visit.heading("About").waitFor();
    const tell = (name: string) =>
      visit.frame.evaluate((type) => dispatchEvent(new PageTransitionEvent(type)), name);
    await tell("pagehide");
    await visit.page.evaluate(() => (location.hash = "#/apps/backup-monitor1?page=status"));
    expect(await visit.app.locator("#ns8-app > *").count()).toBe(0);
    expect(await listeners()).toEqual([]);
    await tell("pageshow");
    await visit.heading("Status").waitFor();
    await visit.app.getByText("Running").first().waitFor();
    expect(await listeners()).toEqual(["hashchange", "popstate"]);
  });
});
