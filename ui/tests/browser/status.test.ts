import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { examples } from "../shell/schemas.mjs";
import { startBrowser, stopBrowser, Visit, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const NEVER = { never: true };

function backup(status: object | null, enabled = true) {
  return {
    "cluster/list-backups": () => ({
      output: {
        backups: [
          {
            id: 1,
            name: "Nightly",
            repository: "r1",
            enabled,
            instances: [{ module_id: "backup-monitor1", status }],
          },
        ],
      },
    }),
    "cluster/list-backup-repositories": () => ({
      output: { repositories: [{ id: "r1", name: "Offsite" }] },
    }),
  } as Handlers;
}

describe("the status page", () => {
  it("says what its own backup lacks, though the cluster counts it as good", async () => {
    const warnings = [{ code: "own_backup_as_is", time: "2026-11-20T01:31:07Z" }];
    const [configured] = examples("get-configuration");
    visit = await Visit.open({
      page: "status",
      handlers: {
        ...backup({ success: true, start: 1795140000, end: 1795140060 }),
        "module/get-configuration": () => ({ output: { ...configured, warnings } }),
      },
    });
    const told = visit.app.getByText("the database could not be copied as a whole");
    await told.waitFor();
    expect(await told.innerText()).toContain("20 Nov 2026, 02:31");
    expect(await visit.accessibility()).toEqual([]);
  });

  it("shows what every application of the cluster-admin shows", async () => {
    visit = await Visit.open({ page: "status" });
    const main = visit.app.locator("main");
    for (const words of [
      "rl1 (node 1)",
      "Running",
      "Starts with the node",
      "14.2 MB",
      "20 Nov 2026, 11:15",
    ]) {
      await main.getByText(words).first().waitFor();
    }
    await main.getByText("No backup plan has this application").waitFor();
    await visit.shot("status");
  });

  it("tells failed services apart, in words too", async () => {
    const service = (name: string, state: object) => ({
      name,
      active: false,
      enabled: false,
      failed: false,
      ...state,
    });
    visit = await Visit.open({
      page: "status",
      handlers: {
        "module/get-status": () => ({
          output: {
            instance: "backup-monitor1",
            ui_name: "Watch",
            node: "2",
            node_ui_name: "",
            services: [service("one", { failed: true }), service("two", {})],
            images: [],
            volumes: [],
          },
        }),
      },
    });
    for (const words of [
      "Failed",
      "Not running",
      "No image is there.",
      "No volume is there.",
      "Watch",
    ]) {
      await visit.app.getByText(words, { exact: true }).first().waitFor();
    }
    await visit.app.getByText("node 2", { exact: true }).waitFor();
  });

  it.each([
    [
      { success: true, start: 1_780_000_000, end: 1_780_000_300 },
      "Nightly (Offsite): good, 28 May 2026, 22:31",
    ],
    [
      { success: false, start: 1_780_000_000, end: 1_780_000_300 },
      "Nightly (Offsite): failed, 28 May 2026, 22:31",
    ],
    [null, "Nightly (Offsite): has not run yet"],
  ])("says how the application's own backup stands: %j", async (status, words) => {
    visit = await Visit.open({ page: "status", handlers: backup(status) });
    await visit.app.getByText(words).waitFor();
  });

  it("opens the logs and the backups of the cluster-admin", async () => {
    visit = await Visit.open({ page: "status" });
    await visit.button("Open the logs").click();
    expect(visit.place).toBe(
      "/system-logs?searchQuery=&context=module&selectedAppId=backup-monitor1",
    );
  });

  it("is not empty while parts of it do not answer", async () => {
    visit = await Visit.open({
      page: "status",
      handlers: { "module/get-status": () => NEVER, "cluster/list-backups": () => ({ http: 403 }) },
    });
    await visit.app.getByText("You are not permitted to see or do this").waitFor();
    expect(await visit.app.locator('[data-state="loading"]').count()).toBe(1);
  });

  it("can be read again after a failure", async () => {
    let answers = 0;
    visit = await Visit.open({
      page: "status",
      handlers: {
        "module/get-status": async () => {
          answers += 1;
          if (answers === 1) return { abort: "it broke" };
          const { statusOf } = await import("../shell/world.mjs");
          return { output: statusOf() };
        },
      },
    });
    await visit.app.getByText("The action failed").waitFor();
    await visit.app.getByText("Details", { exact: true }).click();
    await visit.app.getByText("it broke").waitFor();
    await visit.button("Try again").click();
    await visit.app.getByText("14.2 MB").waitFor();
  });

  it("is read although the websocket was lost", async () => {
    visit = await Visit.open({ page: "about" });
    await visit.heading("About").waitFor();
    visit.shell.tasks.deaf = true;
    await visit.app.getByRole("link", { name: "Status" }).click();
    await visit.app.getByText("14.2 MB").waitFor();
  });
});

describe("the about page", () => {
  it("says what this is and which version runs", async () => {
    visit = await Visit.open({ page: "about" });
    const main = visit.app.locator("main");
    for (const words of [
      "Backup Monitor",
      "0.1.0",
      "backup-monitor1",
      "System administration and Monitoring",
    ]) {
      await main.getByText(words, { exact: true }).first().waitFor();
    }
    const logo = main.locator("img");
    expect(await logo.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(256);
    await visit.shot("about");
  });

  it("describes itself in the reader's language", async () => {
    visit = await Visit.open({ page: "about", language: "it" });
    await visit.app.getByText("Una sola mail veritiera").waitFor();
    await visit.app.getByText("Amministrazione di sistema e Monitoraggio").waitFor();
  });
});

describe("the language", () => {
  it("is English where the browser's has no translation", async () => {
    visit = await Visit.open({ page: "about", language: "de-DE" });
    await visit.heading("About").waitFor();
  });
});
