import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { heldSave, startBrowser, stopBrowser, Visit, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const settings = (options = {}) => Visit.open({ page: "settings", ...options });
const field = (label: string | RegExp) => visit.app.getByLabel(label);
/** The settings cannot be read any more, until what this gives is called. */
function unreadable(): () => void {
  const { handlers } = visit.shell.tasks;
  const read = handlers["module/get-configuration"];
  handlers["module/get-configuration"] = () => ({ http: 500 });
  return () => (handlers["module/get-configuration"] = read);
}
const saved = () => visit.app.getByText("The service uses the new settings.").waitFor();

describe("the first visit", () => {
  it("needs a recipient and nothing else", async () => {
    visit = await settings({ configured: false });
    await visit.app.getByText("Welcome").waitFor();
    expect(await field("Sender *").inputValue()).toBe("backup-monitor@example.org");
    await visit.shot("settings-first-visit");
    await visit.button("Save settings").click();
    await visit.app.getByText("One setting is not right yet.").waitFor();
    await expect
      .poll(() => field("Recipients *").evaluate((e) => e === document.activeElement))
      .toBe(true);
    await field("Recipients *").fill("admin@example.org");
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")).toEqual([
      {
        mail: {
          to: ["admin@example.org"],
          from: "backup-monitor@example.org",
          admin_url: visit.shell.url,
        },
      },
    ]);
    expect(await visit.app.getByText("Welcome").count()).toBe(0);
  });

  it("lets itself be left when nothing was typed", async () => {
    visit = await settings({ configured: false });
    await visit.app.getByText("Welcome").waitFor();
    await visit.app.getByRole("link", { name: "About" }).click();
    await visit.heading("About").waitFor();
  });

  it("has Italian mails for somebody who reads Italian", async () => {
    visit = await settings({ configured: false, language: "it-IT" });
    await visit.app.getByText("Benvenuto").waitFor();
    expect(await field("Lingua delle mail").inputValue()).toBe("it");
    expect(await visit.app.locator("html").getAttribute("lang")).toBe("it");
    await visit.shot("settings-first-visit-it");
  });
});

describe("saving", () => {
  it("sends what was changed, and nothing else", async () => {
    visit = await settings();
    await field("Recipients *").fill("admin@example.org\nboss@example.org");
    await field(/^Remind of an unchanged failure/).fill("48");
    await field("Weekly summary").click();
    await field(/^Hour of the summary/).fill("7");
    await visit.app.getByText("4 unsaved changes").waitFor();
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")).toEqual([
      {
        mail: { to: ["admin@example.org", "boss@example.org"] },
        notify: { reminder_hours: 48 },
        digest: { enabled: true, hour: 7 },
      },
    ]);
    expect(await field(/^Remind of an unchanged failure/).inputValue()).toBe("48");
  });

  it("shows what was saved when it cannot be read again, and says so", async () => {
    visit = await settings();
    const subject = field("Beginning of every subject");
    await subject.fill("[X]");
    const read = unreadable();
    await visit.button("Save settings").click();
    await visit.app.getByText("The service has the new settings, but").waitFor();
    expect(await subject.inputValue()).toBe("[X]");
    expect(await visit.app.getByText("What is shown was read on").count()).toBe(0);
    expect(await visit.app.getByText("unsaved change").count()).toBe(0);
    expect(await visit.accessibility()).toEqual([]);
    read();
    await visit.button("Try again").click();
    await saved();
    expect(await subject.inputValue()).toBe("[X]");
  });

  it("says why the service does not go by what was saved", async () => {
    visit = await settings();
    const { handlers } = visit.shell.tasks;
    const configure = handlers["module/configure-module"]!;
    handlers["module/configure-module"] = (input: unknown) => {
      const answer = configure(input);
      const warnings = [{ code: "reload_refused", message: "no such zone" }];
      return { ...answer, output: { ...answer.output, warnings } };
    };
    await field("Beginning of every subject").fill("[X]");
    await visit.button("Save settings").click();
    const told = visit.app.locator(".settings-save [role=alert], .settings-save [role=status]");
    await told.getByText("goes on with those from before:").waitFor();
    expect(await told.locator("[lang=en]").innerText()).toBe("no such zone");
    expect(await visit.app.getByText("The service uses the new settings.").count()).toBe(0);
  });

  it("is done, also where the service does not start with what was saved", async () => {
    visit = await settings();
    const { handlers } = visit.shell.tasks;
    const configure = handlers["module/configure-module"]!;
    handlers["module/configure-module"] = (input: unknown) => {
      configure(input);
      const error = { field: "", parameter: "", value: null, error: "service_not_started" };
      return { abort: "", output: [{ ...error, message: "its log says why" }] };
    };
    const subject = field("Beginning of every subject");
    await subject.fill("[X]");
    await visit.button("Save settings").click();
    await visit.app.getByText("The settings are saved, and the service does not start").waitFor();
    expect(await subject.inputValue()).toBe("[X]");
    expect(await visit.app.getByText("unsaved change").count()).toBe(0);
    expect(await visit.app.getByText("The service uses the new settings.").count()).toBe(0);
    await visit.app.getByRole("link", { name: "About" }).click();
    await visit.heading("About").waitFor();
  });

  it("takes nothing while it is under way, so that nothing is lost", async () => {
    const { handlers, release } = heldSave();
    visit = await settings({ handlers });
    const subject = field("Beginning of every subject");
    await subject.fill("[A]");
    await visit.button("Save settings").click();
    await expect.poll(() => subject.isDisabled()).toBe(true);
    release();
    await saved();
    await expect.poll(() => subject.isDisabled()).toBe(false);
  });

  it("is not kept up by a wrong value that is hidden", async () => {
    visit = await settings();
    await field("Weekly summary").click();
    await field(/^Hour of the summary/).fill("x");
    await field("Weekly summary").click();
    await expect.poll(() => field(/^Hour of the summary/).count()).toBe(0);
    await field("Beginning of every subject").fill("[A]");
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")).toEqual([{ mail: { subject_prefix: "[A]" } }]);
  });

  it("sets an emptied field back to its default", async () => {
    visit = await settings();
    await field("Address of the cluster-admin").fill("");
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")).toEqual([{ mail: { admin_url: null } }]);
  });

  it("tells what is wrong while it is typed, and sends nothing", async () => {
    visit = await settings();
    await field("Recipients *").fill("admin@example.org, Boss <boss@example.org>");
    await visit.app.getByText("Not a bare mail address: Boss, <boss@example.org>").waitFor();
    await field("Address of the cluster-admin").fill("leader.example.org");
    await visit.app.getByText("Not an address with http://").waitFor();
    await visit.shot("settings-mistakes");
    await visit.button("Save settings").click();
    await visit.app.getByText("2 settings are not right yet.").waitFor();
    expect(visit.sent("configure-module")).toEqual([]);
    await visit.button("Discard changes").click();
    expect(await visit.app.getByText("Not a bare mail address").count()).toBe(0);
  });

  it("shows what the service refuses beside its field, also in a folded part", async () => {
    const refused = [
      {
        field: "mail.to.0",
        parameter: "mail",
        error: "not_an_address",
        value: "admin@example.org",
        message: "",
      },
      {
        field: "correlator.wait_seconds",
        parameter: "correlator",
        error: "out_of_range",
        value: 9,
        message: "",
      },
      {
        field: "notify.on",
        parameter: "notify",
        error: "brand_new",
        value: 1,
        message: "A sentence of its own.",
      },
      {
        field: "elsewhere",
        parameter: "elsewhere",
        error: "unknown_key",
        value: null,
        message: "",
      },
    ];
    visit = await settings({
      handlers: { "module/configure-module": () => ({ validation: refused }) } as Handlers,
    });
    await field("Beginning of every subject").fill("[X]");
    await visit.button("Save settings").click();
    await visit.app.getByText("Not a bare mail address: admin@example.org").waitFor();
    await visit.app.getByText("Allowed is 0 to 3600.").waitFor();
    await visit.app.getByText("A sentence of its own.").waitFor();
    await visit.app.getByText("There is no such setting.").waitFor();
    expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
  });

  it.each([
    [{ http: 403 }, "You are not permitted"],
    [{ http: 401 }, "Your login has ended"],
    [{ abort: "Traceback: boom" }, "The action failed"],
    [
      { validation: [{ field: "", parameter: "", value: null, error: "service_timeout" }] },
      "The service did not answer in time",
    ],
  ])("keeps what was typed when it fails: %j", async (answer, words) => {
    visit = await settings({ handlers: { "module/configure-module": () => answer } as Handlers });
    await field("Beginning of every subject").fill("[X]");
    await visit.button("Save settings").click();
    await visit.app.getByText(words).waitFor();
    expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
    await visit.app.getByText("One unsaved change").waitFor();
  });

  it("gives single plans their own recipients and silence", async () => {
    visit = await settings();
    await visit.button(/^Nightly \(plan 1\)/).click();
    await field("Recipients of this plan").first().fill("customer@example.org");
    await field("No mails before").first().fill("2030-12-24");
    await visit.shot("settings-plan");
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")).toEqual([
      { plans: { 1: { to: ["customer@example.org"], mute_until: "2030-12-24" } } },
    ]);
  });

  it("says of a plan what it has of its own, in words that stand apart", async () => {
    visit = await settings();
    const plan = visit.button(/^Nightly \(plan 1\)/);
    await plan.click();
    await field("Recipients of this plan").first().fill("nobody");
    await expect
      .poll(() => plan.evaluate((button) => button.textContent!.trim()))
      .toBe("Nightly (plan 1) own settings not right yet");
  });

  it("takes an own mail server with a password that is never shown again", async () => {
    visit = await settings();
    await field(/^Way/).selectOption("smtp");
    await field("Mail server").fill("smtp.example.org");
    await field("User").fill("backup");
    await field("Password").fill("s3cret");
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")[0]).toEqual({
      mail: { transport: "smtp", smtp: { host: "smtp.example.org", username: "backup" } },
      smtp_password: "s3cret",
    });
    expect(await field("Password").inputValue()).toBe("");
    await visit.app.getByText("A password is set.").waitFor();
    await visit.button("Remove the password").click();
    await visit.button("Save settings").click();
    await expect.poll(() => visit.sent("configure-module").at(-1)).toEqual({ smtp_password: "" });
    expect(await visit.frame.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(
      "s3cret",
    );
  });

  it("keeps a password that was typed while the settings are read again", async () => {
    visit = await settings();
    await field(/^Way/).selectOption("smtp");
    await field("Mail server").fill("smtp.example.org");
    await field("Password").fill("s3cret");
    const read = unreadable();
    await visit.button("Make a token").click();
    const dialog = visit.app.getByRole("dialog", { name: "The new token" });
    await dialog.getByRole("button", { name: "Close" }).last().click();
    read();
    await visit.button("Try again").click();
    await expect.poll(() => visit.button("Try again").count()).toBe(0);
    expect(await field("Password").inputValue()).toBe("s3cret");
    expect(await field("Mail server").inputValue()).toBe("smtp.example.org");
  });

  it("leaves a part open in which something was corrected", async () => {
    visit = await settings();
    await visit.button("Waiting and schedules").click();
    const pause = field(/^Pause before a report/);
    await pause.fill("9999");
    await visit.app.getByText("Allowed is 0 to 3600.").waitFor();
    await pause.fill("60");
    await expect.poll(() => visit.app.getByText("Allowed is 0 to 3600.").count()).toBe(0);
    expect(await visit.button("Waiting and schedules").getAttribute("aria-expanded")).toBe("true");
    await visit.button("Waiting and schedules").click();
    expect(await visit.button("Waiting and schedules").getAttribute("aria-expanded")).toBe("false");
  });

  it("sets zones for single nodes", async () => {
    visit = await settings({
      handlers: {
        "module/get-defaults": async () => {
          const { examples } = await import("../shell/schemas.mjs");
          const output = examples("get-defaults")[0];
          output.nodes = [
            { id: 1, name: "rl1" },
            { id: 2, name: null },
          ];
          return { output };
        },
      },
    });
    await visit.button("Waiting and schedules").click();
    await field("Another zone for each node").click();
    await field("Node 2").selectOption("Europe/Rome");
    await visit.shot("settings-advanced");
    await visit.button("Save settings").click();
    await saved();
    expect(visit.sent("configure-module")).toEqual([
      { schedule: { timezone: { 2: "Europe/Rome" } } },
    ]);
  });
});

/** Away by the shell's own menu, and back. */
async function backAgain(): Promise<void> {
  await visit.page.evaluate(() => {
    document.getElementById("app-frame")!.remove();
    const frame = document.createElement("iframe");
    frame.id = "app-frame";
    frame.src = "apps/backup-monitor1/index.html";
    document.body.append(frame);
  });
}

describe("leaving with unsaved changes", () => {
  it("asks, and stays", async () => {
    visit = await settings();
    await field("Beginning of every subject").fill("[X]");
    await visit.app.getByRole("link", { name: "About" }).click();
    const dialog = visit.app.getByRole("dialog", { name: "Leave without saving?" });
    await dialog.waitFor();
    await visit.shot("settings-leave");
    await visit.page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
    expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
    expect(visit.place).toContain("page=settings");
  });

  it("asks, and goes", async () => {
    visit = await settings();
    await field("Beginning of every subject").fill("[X]");
    await visit.app.getByRole("link", { name: "About" }).click();
    await visit.button("Leave and discard").click();
    await visit.heading("About").waitFor();
    await visit.app.getByRole("link", { name: "Settings" }).click();
    expect(await field("Beginning of every subject").inputValue()).toBe("[NS8 Backup]");
  });

  it("asks before the back button too, and puts the address back", async () => {
    visit = await Visit.open({ page: "about" });
    await visit.heading("About").waitFor();
    await visit.app.getByRole("link", { name: "Settings" }).click();
    await field("Beginning of every subject").fill("[X]");
    await visit.page.goBack();
    await visit.button("Stay here").click();
    await expect.poll(() => visit.place).toContain("page=settings");
    expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
  });

  describe("by the back button, twice", () => {
    beforeEach(async () => {
      visit = await Visit.open({ page: "status" });
      for (const page of ["About", "Settings"]) {
        await visit.app.getByRole("link", { name: page }).click();
        await visit.heading(page).waitFor();
      }
      await field("Beginning of every subject").fill("[X]");
      await visit.page.goBack();
      await visit.button("Stay here").waitFor();
    });

    it("stays, and the address with it", async () => {
      await visit.page.goBack();
      await visit.button("Stay here").click();
      await expect.poll(() => visit.place).toContain("page=settings");
      expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
      await visit.app.getByRole("link", { name: "About" }).click();
      await visit.button("Leave and discard").click();
      await visit.heading("About").waitFor();
      expect(visit.place).toContain("page=about");
    });

    it("goes, and the address too", async () => {
      await visit.page.goBack();
      await visit.button("Leave and discard").click();
      await visit.heading("Status").waitFor();
      await expect.poll(() => visit.place).toContain("page=status");
    });

    it("asks no more once somebody came forward again", async () => {
      await visit.page.goForward();
      await expect.poll(() => visit.app.getByRole("dialog").count()).toBe(0);
      expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
      expect(visit.place).toContain("page=settings");
    });
  });

  it("waits for a save that is under way, and then goes", async () => {
    const { handlers, release } = heldSave();
    visit = await settings({ handlers });
    await field("Beginning of every subject").fill("[X]");
    await visit.button("Save settings").click();
    await expect.poll(() => field("Beginning of every subject").isDisabled()).toBe(true);
    await visit.app.getByRole("link", { name: "About" }).click();
    release();
    await visit.heading("About").waitFor();
    expect(await visit.app.getByRole("dialog").count()).toBe(0);
  });

  it("finds them again when the whole page was left by the shell's own menu", async () => {
    visit = await settings();
    await field("Beginning of every subject").fill("[X]");
    await backAgain();
    await visit.app.getByText("Your unsaved changes are still here").waitFor();
    expect(await field("Beginning of every subject").inputValue()).toBe("[X]");
    await visit.button("Discard changes").click();
    expect(await field("Beginning of every subject").inputValue()).toBe("[NS8 Backup]");
  });
});

describe("a password that was typed", () => {
  it("is kept nowhere, and asked for again when somebody comes back", async () => {
    visit = await settings();
    const again = visit.app.getByText("The password has to be typed again");
    await field(/^Way/).selectOption("A mail server of its own");
    await field("Mail server").fill("mail.example.org");
    await field("Password").fill("s3cret");
    await backAgain();
    await visit.app.getByText("Your unsaved changes are still here").waitFor();
    await again.waitFor();
    const kept = await visit.frame.evaluate(() => JSON.stringify({ ...sessionStorage }));
    expect(kept).not.toContain("s3cret");
    await field("Password").fill("s3cret");
    await expect.poll(() => again.count()).toBe(0);
  });
});

describe("the test mail", () => {
  it("shows the server's real answers", async () => {
    visit = await settings();
    await visit.app
      .getByRole("textbox", { name: "To", exact: true })
      .fill("me@example.org refused@example.org");
    await visit.button("Send a test mail").click();
    await visit.app.getByText("The mail was not taken for everybody").waitFor();
    await visit.app.getByText("550 5.1.1 No such user").waitFor();
    await visit.app.getByText("250 2.0.0 Queued").waitFor();
    await visit.shot("settings-test-mail");
    expect(visit.sent("send-test-mail")).toEqual([
      { to: ["me@example.org", "refused@example.org"] },
    ]);
  });

  it("goes to the recipients where none is named", async () => {
    visit = await settings();
    await visit.button("Send a test mail").click();
    await visit.app.getByText("The mail server took the mail").waitFor();
    expect(visit.sent("send-test-mail")).toEqual([{}]);
  });

  it("names no server where there is no way out", async () => {
    const answer = "the cluster has no smarthost";
    visit = await settings({
      handlers: {
        "module/send-test-mail": () => ({
          output: {
            format: "ns8-backup-monitor/test-mail/1",
            via: null,
            results: [{ to: "ad…@example.org", result: "failed", answer }],
          },
        }),
      },
    });
    await visit.button("Send a test mail").click();
    await visit.app.getByText("There was no way to send it").waitFor();
    await visit.app.locator("code", { hasText: answer }).waitFor();
  });

  it("says why it could not be sent", async () => {
    visit = await settings({
      handlers: {
        "module/send-test-mail": () => ({
          validation: [{ field: "", parameter: "", value: null, error: "service_not_running" }],
        }),
      },
    });
    await visit.button("Send a test mail").click();
    await visit.app.getByText("The service is not running").waitFor();
  });
});

describe("a file that was edited by hand", () => {
  it("is shown with its mistakes", async () => {
    visit = await settings({
      handlers: {
        "module/get-configuration": async () => {
          const { examples } = await import("../shell/schemas.mjs");
          const output = examples("get-configuration")[0];
          output.settings = null;
          output.mistakes = [
            {
              field: null,
              code: "not_yaml",
              value: null,
              message: "config.yml cannot be read: line 3",
            },
          ];
          return { output };
        },
      },
    });
    await visit.app.getByText("The configuration file cannot be read").waitFor();
    await visit.app.getByText("config.yml cannot be read: line 3").waitFor();
    expect(await visit.button("Save settings").count()).toBe(0);
  });
});
