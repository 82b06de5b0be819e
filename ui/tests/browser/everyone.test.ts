import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, stopBrowser, Visit, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

/** What shows that a page has all it shows. */
const THERE: Record<string, string> = {
  settings: "#settings-form",
  status: ".status-title >> nth=2",
  about: "dl",
};

async function open(page: string, options = {}) {
  visit = await Visit.open({ page, ...options });
  await visit.app.locator(THERE[page]!).waitFor();
}

/** Opens everything that is folded away. */
async function unfold() {
  const folded = visit.app.locator('.bx--accordion__heading[aria-expanded="false"]');
  while ((await folded.count()) > 0) await folded.first().click();
}

describe.each(["settings", "status", "about"])("the page %s", (page) => {
  it.each(["en-GB", "it-IT"])(
    "has no barrier that axe finds, and fits any window, in %s",
    async (language) => {
      await open(page, { language });
      if (page === "settings") await unfold();
      expect(await visit.accessibility()).toEqual([]);
      for (const width of [360, 768, 1920]) {
        await visit.page.setViewportSize({ width, height: 900 });
        await visit.shot(`${page}-${language}-${width}`);
        expect([width, await visit.overflows()]).toEqual([width, false]);
      }
    },
  );

  it.each([
    [{ http: 403 }, "denied"],
    [{ http: 500 }, "failed"],
    [{ never: true }, "loading"],
  ])("stays usable when its answers are %j", async (answer, state) => {
    const all = ["get-status", "get-configuration", "get-defaults"];
    const handlers: Handlers = {};
    for (const action of all) handlers[`module/${action}`] = () => answer;
    for (const action of ["list-backups", "list-installed-modules"]) {
      handlers[`cluster/${action}`] = () => answer;
    }
    visit = await Visit.open({ page, handlers });
    if (page === "about") await visit.app.locator("dl").waitFor();
    else await visit.app.locator(`[data-state="${state}"]`).first().waitFor();
    await visit.shot(`${page}-${state}`);
    expect(await visit.accessibility()).toEqual([]);
  });
});

describe("with the keyboard alone", () => {
  const focused = () =>
    visit.frame.evaluate(() => {
      const at = document.activeElement as HTMLElement | null;
      return at?.getAttribute("aria-label") ?? at?.innerText?.trim().split("\n")[0] ?? "";
    });

  it("every page is reached by the menu, and the next key is in the page", async () => {
    await open("about");
    await visit.app.getByRole("link", { name: "Overview" }).focus();
    for (let i = 0; i < 3; i += 1) await visit.page.keyboard.press("Tab");
    expect(await focused()).toBe("Status");
    await visit.page.keyboard.press("Enter");
    await visit.heading("Status").waitFor();
    await expect
      .poll(() => visit.frame.evaluate(() => document.activeElement?.id))
      .toBe("main-content");
    await visit.page.keyboard.press("Tab");
    expect(await focused()).toBe("Open the backups");
  });

  it("settings are changed and saved", async () => {
    await open("settings");
    await visit.app.getByLabel("Beginning of every subject").focus();
    await visit.page.keyboard.press("Control+a");
    await visit.page.keyboard.type("[X]");
    await visit.page.keyboard.press("Enter");
    await visit.app.getByText("The service uses the new settings.").waitFor();
    expect(visit.sent("configure-module")).toEqual([{ mail: { subject_prefix: "[X]" } }]);
  });

  it("a switch is switched", async () => {
    await open("settings");
    const toggle = visit.app.getByRole("switch", { name: "Weekly summary" });
    await toggle.focus();
    await visit.page.keyboard.press("Space");
    expect(await toggle.getAttribute("aria-checked")).toBe("true");
    await visit.app.getByLabel("Day of the summary").waitFor();
  });

  it("a dialog keeps the focus, and gives it back", async () => {
    await open("settings");
    await visit.button("Make a token").focus();
    await visit.page.keyboard.press("Enter");
    const dialog = visit.app.getByRole("dialog", { name: "The new token" });
    await dialog.waitFor();
    for (let i = 0; i < 9; i += 1) {
      await visit.page.keyboard.press(i % 3 === 2 ? "Shift+Tab" : "Tab");
      expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(
        true,
      );
    }
    expect(await visit.accessibility()).toEqual([]);
    // A token is shown once: a slip of the finger must not take it away.
    await visit.page.keyboard.press("Escape");
    expect(await dialog.count()).toBe(1);
    await dialog.getByRole("button", { name: "Close" }).last().focus();
    await visit.page.keyboard.press("Enter");
    await expect.poll(() => dialog.count()).toBe(0);
    expect(await focused()).toBe("Make a new token");
  });

  it.each([
    [360, 640],
    [1280, 720],
  ])("no setting lies under the bar that saves, at %d by %d", async (width, height) => {
    await open("settings", { width, height });
    await unfold();
    await visit.app.getByLabel("Beginning of every subject").fill("[X]");
    await visit.app.getByText("One unsaved change").waitFor();
    await visit.app.locator("main").focus();
    const covered: string[] = [];
    let last = "";
    for (let i = 0; i < 80 && last !== "Save settings"; i += 1) {
      await visit.page.keyboard.press("Tab");
      const at = await visit.frame.evaluate(async () => {
        // The browser may scroll with its next picture only.
        const picture = () => new Promise((resolve) => requestAnimationFrame(resolve));
        await picture();
        await picture();
        const element = document.activeElement as HTMLElement;
        const bar = document.querySelector(".settings-save")!;
        const [one, other] = [element.getBoundingClientRect(), bar.getBoundingClientRect()];
        const clear = bar.contains(element) || one.bottom <= other.top || one.top >= other.bottom;
        return { name: element.id || element.innerText.trim(), clear };
      });
      if (!at.clear) covered.push(at.name);
      last = at.name;
    }
    expect(last).toBe("Save settings");
    expect(covered).toEqual([]);
    await visit.app.locator("#field-history-days").focus();
    const [field, bar] = await Promise.all(
      ["#field-history-days", ".settings-save"].map((one) => visit.app.locator(one).boundingBox()),
    );
    expect(field!.y + field!.height).toBeLessThanOrEqual(bar!.y);
  });

  it("everything on the settings page is reached, and shows that it is", async () => {
    await open("settings");
    await unfold();
    await visit.app.locator("main").focus();
    const seen = new Set<string>();
    for (let i = 0; i < 80; i += 1) {
      await visit.page.keyboard.press("Tab");
      const at = await visit.frame.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        // Carbon draws the mark of some of its parts before them.
        const shown = [undefined, "::before"].some((part) => {
          const style = getComputedStyle(element, part);
          return [style.outlineStyle, style.boxShadow, style.borderStyle].some(
            (one) => one !== "none",
          );
        });
        return {
          id: element.id || element.innerText?.trim(),
          inMain: !!element.closest("main"),
          shown,
        };
      });
      if (!at.inMain) break;
      expect([at.id, at.shown]).toEqual([at.id, true]);
      seen.add(at.id);
    }
    for (const id of [
      "field-mail-to",
      "field-history-days",
      "Save settings",
      "Send a test mail",
      "Make a token",
    ]) {
      expect([...seen]).toContain(id);
    }
  });
});

describe("long names", () => {
  it("break nothing on a telephone", async () => {
    const long = "Nightly-".repeat(30);
    await open("settings", {
      width: 360,
      handlers: {
        "module/get-name": () => ({ output: { name: long } }),
        "module/get-defaults": async () => {
          const { examples } = await import("../shell/schemas.mjs");
          const output = examples("get-defaults")[0];
          output.plans[0].name = long;
          return { output };
        },
      },
    });
    expect(await visit.overflows()).toBe(false);
  });
});
