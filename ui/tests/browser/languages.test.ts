import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fleet, overview } from "../shell/backups.mjs";
import { startBrowser, stopBrowser, Visit, type Handlers } from "./harness";

let visit: Visit;
beforeAll(startBrowser);
afterAll(stopBrowser);
afterEach(() => visit?.close());

const not = (error: string): Handlers => {
  const answer = { validation: [{ field: "", parameter: "", value: null, error, message: "" }] };
  return {
    ...fleet(),
    "module/get-overview": () => answer,
    "module/list-reports": () => answer,
    "module/get-report": () => answer,
  };
};
const empty: Handlers = {
  ...fleet({ reports: [] }),
  "module/get-overview": () => ({ output: overview({ plans: [] }) }),
};

/** Each page and state, with words that only that language has. */
const PAGES: [string, string, Handlers, string, string][] = [
  ["overview", "overview", fleet(), "1 of 5 plans needs attention", "1 piano su 5 richiede"],
  ["overview-none", "overview", empty, "no backup plan", "Non c'è alcun piano di backup"],
  ["overview-first", "overview", not("not_configured"), "Welcome", "Benvenuto"],
  ["overview-down", "overview", not("service_not_running"), "not running", "non è in esecuzione"],
  ["reports", "reports", fleet(), "Weekly summary", "Riepilogo settimanale"],
  ["reports-none", "reports", empty, "There is no report yet", "Non c'è ancora alcun rapporto"],
  [
    "reports-filtered",
    "reports&text=nothing",
    fleet(),
    "No report fits",
    "Nessun rapporto corrisponde",
  ],
  ["reports-failed", "reports", not("service_timeout"), "in time", "in tempo"],
  ["report", "reports&id=12", fleet(), "Data at risk", "Dati a rischio"],
  ["report-gone", "reports&id=12", not("no_such_report"), "no such report", "non esiste"],
  ["check", "reports&view=check", fleet(), "Start the check", "Avvia la verifica"],
];

describe.each([
  ["en-GB", 3],
  ["it-IT", 4],
] as const)("in %s", (language, words) => {
  for (const page of PAGES) {
    it(`the page ${page[0]} speaks it, at every width, for everybody`, async () => {
      visit = await Visit.open({ page: page[1], language, handlers: page[2] });
      await visit.app.getByText(page[words]).first().waitFor({ state: "attached" });
      const text = await visit.app.locator("body").innerText();
      // A key that has no text would be shown as it is.
      expect(text.match(/\b(overview|reports?|check|column|error|common|resend)\.\w+/g)).toBeNull();
      expect(await visit.accessibility()).toEqual([]);
      for (const width of [360, 672, 1056, 1920]) {
        await visit.page.setViewportSize({ width, height: 900 });
        expect([width, await visit.overflows()]).toEqual([width, false]);
        if (width === 360 || width === 1920) {
          await visit.shot(`${page[0]}-${language.slice(0, 2)}-${width}`);
        }
      }
    });
  }
});
