import type { LocationQuery, LocationQueryRaw } from "vue-router";
import type { ListReportsInput, MailTrouble } from "@/module/actions";
import type { OutcomeName } from "@/module/report";

/** Which reports a list shows, and which page of it. Empty means: any. */
export interface Filters {
  plan: string;
  outcome: OutcomeName | "";
  mails: MailTrouble | "";
  /** Days of this browser's calendar, `2026-11-20`; both are within. */
  from: string;
  to: string;
  text: string;
  /** Counts from 1. */
  page: number;
  size: number;
}

export const OUTCOMES: OutcomeName[] = ["SUCCESS", "PARTIAL", "REPO_FAILURE"];
export const TROUBLES: MailTrouble[] = ["queued", "undelivered"];
export const SIZES = [10, 25, 50, 100];
export const NO_FILTERS: Filters = {
  plan: "",
  outcome: "",
  mails: "",
  from: "",
  to: "",
  text: "",
  page: 1,
  size: 25,
};
const LONGEST_TEXT = 200;
const LONGEST_OFFSET = 1_000_000;
const PLAN = /^[^\s-]\S{0,63}$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Midnight at the beginning of a day, so many days later; null where there is no such day. */
function midnight(day: string, later = 0): Date | null {
  const parts = DAY.exec(day);
  if (!parts) return null;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const exact = new Date(year, month - 1, date);
  if (exact.getMonth() !== month - 1 || exact.getDate() !== date) return null;
  return new Date(year, month - 1, date + later);
}

function one(query: LocationQuery, name: string): string {
  const value = query[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

function whole(text: string, otherwise: number): number {
  return /^\d{1,7}$/.test(text) ? Number(text) : otherwise;
}

/** Reads the address; what makes no sense there is as good as absent. */
export function filtersOf(query: LocationQuery): Filters {
  const plan = one(query, "plan");
  const outcome = one(query, "outcome");
  const mails = one(query, "mails");
  const day = (name: string) => (midnight(one(query, name)) ? one(query, name) : "");
  const size = whole(one(query, "size"), NO_FILTERS.size);
  const fitting = SIZES.includes(size) ? size : NO_FILTERS.size;
  const page = Math.max(1, whole(one(query, "p"), 1));
  return {
    plan: PLAN.test(plan) ? plan : "",
    outcome: OUTCOMES.find((name) => name === outcome) ?? "",
    mails: TROUBLES.find((name) => name === mails) ?? "",
    from: day("from"),
    to: day("to"),
    text: one(query, "text").trim().slice(0, LONGEST_TEXT),
    page: Math.min(page, Math.floor(LONGEST_OFFSET / fitting)),
    size: fitting,
  };
}

/** The address for it; what is as it always is, is left out. */
export function queryOf(filters: Filters): LocationQueryRaw {
  const query: LocationQueryRaw = {};
  for (const name of ["plan", "outcome", "mails", "from", "to"] as const) {
    if (filters[name]) query[name] = filters[name];
  }
  const text = filters.text.trim();
  if (text) query.text = text;
  if (filters.page > 1) query.p = String(filters.page);
  if (filters.size !== NO_FILTERS.size) query.size = String(filters.size);
  return query;
}

/** The same for the action. */
export function inputOf(filters: Filters): ListReportsInput {
  const input: ListReportsInput = {
    limit: filters.size,
    offset: (filters.page - 1) * filters.size,
  };
  const since = midnight(filters.from);
  const until = midnight(filters.to, 1);
  const text = filters.text.trim();
  if (filters.plan) input.plan = filters.plan;
  if (filters.outcome) input.outcome = filters.outcome;
  if (filters.mails) input.mails = filters.mails;
  if (since) input.since = since.toISOString();
  if (until) input.until = until.toISOString();
  if (text) input.text = text;
  return input;
}

/** Whether the list is narrowed at all. */
export function isNarrowed(filters: Filters): boolean {
  const { plan, outcome, mails, from, to, text } = filters;
  return [plan, outcome, mails, from, to, text].some((value) => value !== "");
}

/** Whether the days are the wrong way round. */
export function isReversed(filters: Pick<Filters, "from" | "to">): boolean {
  return filters.from !== "" && filters.to !== "" && filters.from > filters.to;
}

/** The last page that has anything. */
export function lastPage(total: number, size: number): number {
  return Math.max(1, Math.ceil(total / size));
}
