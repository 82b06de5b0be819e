import type { Limits } from "@/module/settings";
import { pattern, type Field } from "./fields";
import { entries, fromForm, lines, type FormValue } from "./values";

/** A mistake by the code that the service uses for it, with the values of its text. */
export interface FieldMistake {
  code: string;
  values?: Record<string, unknown>;
  /** The service's own English sentence, for a code without a translation. */
  message?: string;
}

const LOCAL_PART = /^[A-Za-z0-9!#$%&*+\-/=?^_`{|}~]+(\.[A-Za-z0-9!#$%&*+\-/=?^_`{|}~]+)*$/;
const LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function isDomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label));
}

function isIp(text: string): boolean {
  const v4 = text.split(".");
  if (v4.length === 4 && v4.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return true;
  return text.includes(":") && /^[0-9A-Fa-f:.]+$/.test(text);
}

/** A bare mail address that every mail server takes: the rules of the service. */
export function isAddress(text: string): boolean {
  const at = text.indexOf("@");
  if (at < 1) return false;
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  return local.length <= 64 && LOCAL_PART.test(local) && isDomain(domain);
}

export function isHost(text: string): boolean {
  return isIp(text) || isDomain(text.replaceAll("_", "0"));
}

export function isUrl(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(text) || /["'<>\\^`{|}]/.test(text)) return false;
  try {
    const url = new URL(text);
    return url.username === "" && url.password === "" && url.hostname !== "";
  } catch {
    return false;
  }
}

function listed(
  list: string[],
  good: (entry: string) => boolean,
  code: string,
): FieldMistake | null {
  const wrong = list.filter((entry) => !good(entry));
  return wrong.length > 0 ? { code, values: { value: wrong.join(", ") } } : null;
}

function numberMistake(text: string, limits: Limits | undefined): FieldMistake | null {
  if (!/^-?\d+$/.test(text)) return { code: "not_a_whole_number", values: { value: text } };
  const number = Number(text);
  const { min, max } = limits ?? { min: null, max: null };
  const outside = (min !== null && number < min) || (max !== null && number > max);
  return outside ? { code: "out_of_range", values: { value: text, min, max } } : null;
}

function lengthMistake(text: string, limits: Limits | undefined): FieldMistake | null {
  const length = [...text].length;
  const { min, max } = limits ?? { min: null, max: null };
  const outside = (min !== null && length < min) || (max !== null && length > max);
  return outside ? { code: "wrong_length", values: { min, max } } : null;
}

function firstOf(mistakes: (FieldMistake | null)[]): FieldMistake | null {
  return mistakes.find((mistake) => mistake !== null) ?? null;
}

/** What is wrong with what stands in a field, as far as a browser can tell. */
export function check(
  field: Field,
  value: FormValue,
  limits: Record<string, Limits>,
): FieldMistake | null {
  if (typeof value === "boolean") return null;
  const text = value.trim();
  const limit = limits[pattern(field.path)];
  if (fromForm(field, value) === null) return field.required ? { code: "missing" } : null;
  switch (field.kind) {
    case "address":
      return isAddress(text) ? null : { code: "not_an_address", values: { value: text } };
    case "addresses":
      return listed(entries(text), isAddress, "not_an_address");
    case "lines":
      return firstOf(lines(text).map((line) => lengthMistake(line, limit)));
    case "host":
      return isHost(text) ? null : { code: "not_a_host", values: { value: text } };
    case "url":
      return isUrl(text) ? null : { code: "not_a_url", values: { value: text } };
    case "number":
      return numberMistake(text, limit);
    case "text":
      return lengthMistake(value, limit);
    case "date":
      return Number.isNaN(Date.parse(text))
        ? { code: "not_a_moment", values: { value: text } }
        : null;
    case "choice":
    case "zone":
    case "toggle":
      return null;
  }
}

/** What keeps a whole form from being sent, by the paths of its fields. */
export function checkAll(
  fields: Field[],
  form: Record<string, FormValue>,
  limits: Record<string, Limits>,
): Record<string, FieldMistake> {
  const found: Record<string, FieldMistake> = {};
  for (const field of fields) {
    const mistake = check(field, form[field.path] ?? "", limits);
    if (mistake) found[field.path] = mistake;
  }
  return found;
}
