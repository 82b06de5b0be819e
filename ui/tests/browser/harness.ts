import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium, type Browser, type Frame, type FrameLocator, type Page } from "playwright-core";
import { makeToken, startShell } from "../shell/server.mjs";
import { schemaChecks } from "../shell/schemas.mjs";
import { MODULE, world } from "../shell/world.mjs";

const PAGES = fileURLToPath(new URL("../../dist", import.meta.url));
const SHOTS = fileURLToPath(new URL("../out", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const STEP_LIMIT_MS = 20_000;

/** An answer of an action, as tests/shell/server.mjs explains it. */
export type Answer = Record<string, unknown>;
export type Handlers = Record<string, (input: any) => Answer | Promise<Answer>>;

export interface OpenOptions {
  /** What stands behind `page=`: `settings`, `reports&id=12`. */
  page?: string;
  language?: string;
  width?: number;
  height?: number;
  configured?: boolean;
  handlers?: Handlers;
  timezone?: string;
}

/** Saving that goes on until `release` is called. */
export function heldSave(): { handlers: Handlers; release: () => void } {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const output = { changed: true, applied: "reloaded", warnings: [] };
  const save = async () => {
    await held;
    return { output };
  };
  return { handlers: { "module/configure-module": save }, release: () => release() };
}

let browser: Browser | null = null;

export async function startBrowser(): Promise<void> {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export async function stopBrowser(): Promise<void> {
  await browser?.close();
  browser = null;
}

/** A person in front of the cluster-admin, with these pages open in it. */
export class Visit {
  readonly problems: string[] = [];

  private constructor(
    readonly page: Page,
    readonly shell: Awaited<ReturnType<typeof startShell>>,
    readonly instance: ReturnType<typeof world>["instance"],
  ) {}

  static async open(options: OpenOptions = {}): Promise<Visit> {
    if (!browser) throw new Error("startBrowser() first");
    const { handlers, instance } = world({
      configured: options.configured ?? true,
      extra: options.handlers ?? {},
    });
    const shell = await startShell({ pages: PAGES, handlers, checks: schemaChecks() });
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: options.height ?? 900 },
      locale: options.language ?? "en-GB",
      timezoneId: options.timezone ?? "Europe/Rome",
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(STEP_LIMIT_MS);
    await context.addInitScript(
      (token) => localStorage.setItem("loginInfo", JSON.stringify({ username: "admin", token })),
      makeToken(),
    );
    const page = await context.newPage();
    const visit = new Visit(page, shell, instance);
    page.on("pageerror", (error) => visit.problems.push(`error: ${error.message}`));
    page.on("console", (message) => {
      // The browser itself says every answer of 400 and above; those are part of the tests.
      const known = /Failed to load resource/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !known) {
        visit.problems.push(`${message.type()}: ${message.text()}`);
      }
    });
    await page.goto(visit.address(options.page));
    await visit.app.locator("main").waitFor();
    return visit;
  }

  /** The address of a page in the cluster-admin. */
  address(page?: string): string {
    return `${this.shell.url}#/apps/${MODULE}${page ? `?page=${page}` : ""}`;
  }

  get app(): FrameLocator {
    return this.page.frameLocator("#app-frame");
  }

  /** The document of the pages. The one around has `/apps/` in its address too. */
  get frame(): Frame {
    const frame = this.page.frames().find((one) => one.url().endsWith("/index.html"));
    if (!frame) throw new Error("the pages are not there");
    return frame;
  }

  /** What the address says behind `#`. */
  get place(): string {
    return this.page.url().replace(/^[^#]*#/, "");
  }

  button(name: string | RegExp) {
    return this.app.getByRole("button", { name });
  }

  heading(name: string | RegExp) {
    return this.app.getByRole("heading", { name });
  }

  /** What was sent to an action, oldest first. */
  sent(action: string): any[] {
    return this.shell.tasks.posted
      .filter((task: { action: string }) => task.action === action)
      .map((task: { data: unknown }) => task.data);
  }

  /** A picture in tests/out, where SHOTS is set; for people, never compared. */
  async shot(name: string): Promise<void> {
    if (!process.env.SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SHOTS}/${name}.png` });
  }

  /**
   * What axe finds serious or critical in the pages. The contrast of the shell's
   * own blue on its buttons and links is NS8's palette and left out.
   */
  async accessibility(): Promise<string[]> {
    const { frame } = this;
    await frame.evaluate(axe.source);
    const found = await frame.evaluate(async () => {
      const run = (window as unknown as { axe: typeof axe }).axe;
      const { violations } = await run.run(document, { resultTypes: ["violations"] });
      return violations.flatMap((violation) =>
        violation.nodes.map((node) => ({
          id: violation.id,
          impact: violation.impact,
          html: node.html,
          colors: node.any.map(
            (check) => (check.data as { fgColor?: string; bgColor?: string } | null) ?? {},
          ),
        })),
      );
    });
    return found
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .filter(({ id, colors }) => {
        const blue = colors.some(({ fgColor, bgColor }) =>
          [fgColor, bgColor].some((color) => color === "#00a2de" || color === "#0094ca"),
        );
        return !(id === "color-contrast" && blue);
      })
      .map(({ id, html }) => `${id}: ${html.slice(0, 200)}`);
  }

  /** Whether the page is wider than the window. */
  async overflows(): Promise<boolean> {
    return this.frame.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1);
  }

  /** The listeners that wait for tasks just now. */
  waiting(): Promise<string[]> {
    return this.page.evaluate(() =>
      (window as unknown as { core: { waiting(): string[] } }).core.waiting(),
    );
  }

  /** Ends the visit; fails where something went wrong unnoticed. */
  async close(): Promise<void> {
    await this.page.context().close();
    await this.shell.close();
    const all = [...this.problems, ...this.shell.tasks.drift.map((d: string) => `drift: ${d}`)];
    if (all.length > 0) throw new Error(all.join("\n"));
  }
}
