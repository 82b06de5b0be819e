import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fleet, overview, reportOf } from "../shell/backups.mjs";
import { startBrowser, stopBrowser, Visit, type OpenOptions } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

type Words = (key: string) => string;

function textsOf(language: string) {
  const file = path.join(import.meta.dirname, `../../public/i18n/${language}/translation.json`);
  return JSON.parse(readFileSync(file, "utf8"));
}

const RAW_KEY = new RegExp(`\\b(${Object.keys(textsOf("en")).join("|")})\\.[a-z_]+\\b`, "g");

/** The texts of a language, by their keys; of several forms the last, its longest part. */
function wordsOf(language: string): Words {
  const texts = textsOf(language);
  return (key) => {
    const text = key.split(".").reduce((at, part) => at?.[part], texts);
    expect([key, typeof text]).toEqual([key, "string"]);
    const [part] = text
      .split(" | ")
      .at(-1)
      .split(/\{\w+\}/)
      .sort((one: string, other: string) => other.length - one.length);
    return part.trim();
  };
}

const seen = (more: object): OpenOptions => ({
  page: "overview",
  handlers: { ...fleet(), "module/get-overview": () => ({ output: overview(more) }) },
});
const denied = (page: string): OpenOptions => {
  const refuse = () => ({ http: 403 });
  const all = ["get-overview", "list-reports", "get-report", "get-configuration", "get-defaults"];
  const handlers = Object.fromEntries(all.map((action) => [`module/${action}`, refuse]));
  return { page, handlers: { ...handlers, "module/get-status": refuse } };
};
const ofKind = (kind: string): OpenOptions => ({
  page: "reports&id=12",
  handlers: {
    ...fleet(),
    "module/get-report": ({ language }) => {
      const report = { kind, plan: null, members: [], run_kind: "as_found" };
      return { output: reportOf({ language, report, said: { members: [] } }) };
    },
  },
});

type Act = (words: Words) => Promise<void>;
const press =
  (...keys: string[]): Act =>
  async (words) => {
    for (const key of keys) await visit.button(words(key)).click();
  };
const sees =
  (key: string): Act =>
  (words) =>
    visit.app.getByText(words(key)).first().waitFor();
const type =
  (id: string, text: string): Act =>
  () =>
    visit.app.locator(`#field-${id}`).fill(text);

const SETTINGS = { page: "settings" };
const CHECK = { page: "reports&view=check", handlers: fleet() };
const REPORT = { page: "reports&id=12", handlers: fleet() };

/** What is opened, what is done there, and what is then to be seen. */
const STATES: [string, OpenOptions, Act[], string][] = [
  ["redis", seen({ redis_problem: "refused" }), [], "overview.cluster.stale"],
  ["voice", seen({ voice: false }), [], "overview.voice.title"],
  ["undelivered", seen({ undelivered_mails: 2 }), [], "overview.mails.undelivered"],
  ["open-points", seen({}), [], "overview.setup.title"],
  ["no-run", seen({ read_at: null, plans: [] }), [], "overview.cluster.not_read"],
  ["overview-denied", denied("overview"), [], "error.forbidden.title"],
  ["reports-denied", denied("reports"), [], "error.forbidden.title"],
  ["report-denied", denied("reports&id=12"), [], "error.forbidden.title"],
  ["settings-denied", denied("settings"), [], "error.forbidden.title"],
  ["status-denied", denied("status"), [], "error.forbidden.title"],
  ["report-unknown-plan", ofKind("unknown_plan"), [], "report_kind.unknown_plan"],
  ["report-redis", ofKind("redis_unreachable"), [], "report_kind.redis_unreachable"],
  ["report-uncovered", ofKind("uncovered"), [], "report_kind.uncovered"],
  ["report-all-well", ofKind("all_well"), [], "report_kind.all_well"],
  ["report-digest", ofKind("digest"), [], "report_kind.digest"],
  ["resend", REPORT, [press("resend.action")], "resend.title"],
  ["check-result", CHECK, [press("check.start")], "check.not_notified"],
  ["first-visit", { page: "settings", configured: false }, [], "settings.first.title"],
  ["mistakes", SETTINGS, [type("mail-to", "x@"), press("settings.save")], "mistake.not_an_address"],
  [
    "saved",
    SETTINGS,
    [type("mail-subject_prefix", "[X]"), press("settings.save")],
    "settings.saved.text",
  ],
  ["test-mail", SETTINGS, [press("settings.test.send")], "settings.test.good"],
  ["token", SETTINGS, [press("settings.webhook.make")], "settings.webhook.once"],
  [
    "leave",
    SETTINGS,
    [
      type("mail-subject_prefix", "[X]"),
      (words) => visit.app.getByRole("link", { name: words("menu.about") }).click(),
    ],
    "settings.leave.text",
  ],
];

describe.each([
  ["en-GB", wordsOf("en")],
  ["it-IT", wordsOf("it")],
])("in %s", (language, words) => {
  it.each(STATES)("the state %s speaks it, for everybody", async (name, options, acts, key) => {
    visit = await Visit.open({ ...options, language });
    for (const act of acts) await act(words);
    await sees(key)(words);
    // A key that has no text would be shown as it is.
    const text = await visit.app.locator("body").innerText();
    expect(text.match(RAW_KEY) ?? []).toEqual([]);
    expect(await visit.accessibility()).toEqual([]);
    for (const width of [360, 1920]) {
      await visit.page.setViewportSize({ width, height: 900 });
      expect([width, await visit.overflows()]).toEqual([width, false]);
      await visit.shot(`state-${name}-${language.slice(0, 2)}-${width}`);
    }
  });
});
