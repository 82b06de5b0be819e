// @vitest-environment node
import { describe, expect, it } from "vitest";
import {
  filtersOf,
  inputOf,
  isNarrowed,
  isReversed,
  lastPage,
  NO_FILTERS,
  queryOf,
} from "@/pages/reports/filters";
import { schemaChecks } from "../shell/schemas.mjs";

const check = schemaChecks().input;
const ALL = {
  plan: "3",
  outcome: "PARTIAL",
  mails: "undelivered",
  from: "2026-11-01",
  to: "2026-11-20",
  text: "cloud",
  p: "4",
  size: "50",
};

describe("the filters in the address", () => {
  it("are read and written back as they were", () => {
    const filters = filtersOf(ALL);
    expect(filters).toEqual({
      plan: "3",
      outcome: "PARTIAL",
      mails: "undelivered",
      from: "2026-11-01",
      to: "2026-11-20",
      text: "cloud",
      page: 4,
      size: 50,
    });
    expect(queryOf(filters)).toEqual(ALL);
  });

  it("leave out what is as always", () => {
    expect(filtersOf({})).toEqual(NO_FILTERS);
    expect(queryOf(NO_FILTERS)).toEqual({});
    expect(queryOf({ ...NO_FILTERS, text: "  " })).toEqual({});
  });

  it.each([
    ["a day that does not exist", { from: "2026-02-30" }],
    ["a word for a day", { to: "today" }],
    ["an outcome that nobody knows", { outcome: "partial" }],
    ["a fate of mails that nobody knows", { mails: "lost" }],
    ["a page that is none", { p: "-1" }],
    ["page zero", { p: "0" }],
    ["a size that is not offered", { size: "7" }],
    ["what looks like an option of a command", { plan: "--all" }],
    ["a plan with a space in it", { plan: "1 2" }],
    ["a key without a value", { plan: null }],
  ])("pass over %s", (_, query) => {
    expect(filtersOf(query)).toEqual(NO_FILTERS);
  });

  it("take the first of several", () => {
    expect(filtersOf({ plan: ["1", "2"] }).plan).toBe("1");
  });

  it("never lead beyond what the action takes", () => {
    for (const p of ["9999999", "40000", "123456789012"]) {
      const filters = filtersOf({ p, size: "100", text: "x".repeat(500) });
      expect(check("list-reports", inputOf(filters))).toBeNull();
    }
  });
});

describe("what is asked for", () => {
  it("counts pages from the newest report on", () => {
    expect(inputOf({ ...NO_FILTERS, page: 3, size: 50 })).toEqual({ limit: 50, offset: 100 });
  });

  it("takes both days whole, in the calendar of this browser", () => {
    const { since, until } = inputOf({ ...NO_FILTERS, from: "2026-11-20", to: "2026-11-20" });
    expect(new Date(since!)).toEqual(new Date(2026, 10, 20));
    expect(new Date(until!)).toEqual(new Date(2026, 10, 21));
  });

  it("counts the last day of a month whole", () => {
    const { until } = inputOf({ ...NO_FILTERS, to: "2026-12-31" });
    expect(new Date(until!)).toEqual(new Date(2027, 0, 1));
  });

  it("is what the action's schema wants", () => {
    expect(inputOf(filtersOf(ALL))).toMatchObject({ outcome: "PARTIAL", mails: "undelivered" });
    expect(check("list-reports", inputOf(filtersOf(ALL)))).toBeNull();
    expect(check("list-reports", inputOf(NO_FILTERS))).toBeNull();
  });
});

describe("a list", () => {
  it("is narrowed by a filter, not by its page", () => {
    expect(isNarrowed({ ...NO_FILTERS, page: 4, size: 100 })).toBe(false);
    expect(isNarrowed({ ...NO_FILTERS, text: "x" })).toBe(true);
    expect(isNarrowed({ ...NO_FILTERS, outcome: "SUCCESS" })).toBe(true);
    expect(isNarrowed({ ...NO_FILTERS, mails: "queued" })).toBe(true);
  });

  it("has days the wrong way round only where both are set", () => {
    expect(isReversed({ from: "2026-11-21", to: "2026-11-20" })).toBe(true);
    expect(isReversed({ from: "2026-11-20", to: "2026-11-20" })).toBe(false);
    expect(isReversed({ from: "2026-11-20", to: "" })).toBe(false);
  });

  it("ends with the page that has the last report", () => {
    expect(lastPage(0, 25)).toBe(1);
    expect(lastPage(25, 25)).toBe(1);
    expect(lastPage(26, 25)).toBe(2);
  });
});
