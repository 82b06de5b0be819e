import type { ConfigureInput, Settings } from "@/module/settings";
import { SCHEDULE_ZONES, type Field } from "./fields";

/** What a field of the form holds: text as it is typed, or whether a switch is on. */
export type FormValue = string | boolean;
/** The form, by the paths of its fields. */
export type Form = Record<string, FormValue>;

type Tree = { [key: string]: unknown };

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function valueAt(tree: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (isTree(at) ? at[key] : undefined), tree);
}

function put(tree: Tree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop()!;
  let at = tree;
  for (const key of keys) {
    if (!isTree(at[key])) at[key] = {};
    at = at[key] as Tree;
  }
  at[last] = value;
}

/** The entries of a list as it is typed: one a line, or with commas between. */
export function entries(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((entry) => entry.trim())
    .filter(Boolean);
}

/** The lines of a list whose entries may hold spaces. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

const DATE = /^\d{4}-\d{2}-\d{2}/;

/** How a setting stands in its field. */
export function toForm(field: Field, value: unknown): FormValue {
  if (field.kind === "toggle") return value === true;
  if (Array.isArray(value)) return value.join("\n");
  if (value === null || value === undefined) return "";
  if (field.kind === "date") return DATE.exec(String(value))?.[0] ?? "";
  return String(value);
}

/** What a field says as a setting; `null` puts it back to its default. */
export function fromForm(field: Field, value: FormValue): unknown {
  if (typeof value === "boolean") return value;
  const text = value.trim();
  switch (field.kind) {
    case "addresses":
    case "lines": {
      const list = field.kind === "lines" ? lines(text) : entries(text);
      return list.length > 0 ? list : null;
    }
    case "number":
      // What is no number is sent as it is: the answer says what is wrong with it.
      return text === "" ? null : /^-?\d+$/.test(text) ? Number(text) : text;
    case "text":
      // Only this one may be empty: a prefix that nobody wants.
      return field.path === "mail.subject_prefix" ? value : text === "" ? null : value;
    default:
      return text === "" ? null : text;
  }
}

export function formOf(fields: Field[], settings: Settings): Form {
  const form: Form = {};
  for (const field of fields) form[field.path] = toForm(field, valueAt(settings, field.path));
  return form;
}

export function sameValue(field: Field, one: FormValue, other: FormValue): boolean {
  return JSON.stringify(fromForm(field, one)) === JSON.stringify(fromForm(field, other));
}

/** The paths in which two forms differ. */
export function changedPaths(fields: Field[], form: Form, base: Form): string[] {
  return fields
    .filter((field) => !sameValue(field, form[field.path] ?? "", base[field.path] ?? ""))
    .map((field) => field.path);
}

/** What has to be sent so that the settings become what the form says. */
export function changeOf(fields: Field[], form: Form, base: Form): ConfigureInput {
  const change: Tree = {};
  const changed = new Set(changedPaths(fields, form, base));
  for (const field of fields) {
    if (changed.has(field.path)) put(change, field.path, fromForm(field, form[field.path] ?? ""));
  }
  return change as ConfigureInput;
}

/** The zones of schedules: one for all nodes, or one by the number of each. */
export type Zones = { all: string } | { nodes: Record<string, string> };

export function zonesOf(settings: Settings): Zones {
  const value = valueAt(settings, SCHEDULE_ZONES);
  if (isTree(value)) return { nodes: { ...(value as Record<string, string>) } };
  return { all: typeof value === "string" ? value : "" };
}

export function zonesValue(zones: Zones): string | Record<string, string> | null {
  if ("all" in zones) return zones.all || null;
  const set = Object.entries(zones.nodes).filter(([, zone]) => zone !== "");
  return set.length > 0 ? Object.fromEntries(set.sort(([a], [b]) => Number(a) - Number(b))) : null;
}

export function sameZones(one: Zones, other: Zones): boolean {
  return JSON.stringify(zonesValue(one)) === JSON.stringify(zonesValue(other));
}

/** Whether a field is on the page just now. */
export function isShown(field: Field, form: Form): boolean {
  return !field.when || form[field.when.path] === field.when.is;
}
