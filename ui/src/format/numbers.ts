import { numberFormat } from "./intl";

const SIZE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `45.0 GiB`, as the mails write it. */
export function formatSize(bytes: number, locale: string): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  const number = numberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
  return `${number} ${SIZE_UNITS[unit]}`;
}

type Unit = "day" | "hour" | "minute" | "second";
const UNITS: [Unit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

function part(value: number, unit: Unit, locale: string): string {
  return numberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** `1 hr 5 min`: the two largest units that say something. */
export function formatDuration(seconds: number, locale: string): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, length]) => whole >= length);
  if (first < 0) return part(0, "second", locale);
  const [unit, length] = UNITS[first]!;
  const next = UNITS[first + 1];
  const rest = next ? Math.floor((whole % length) / next[1]) : 0;
  const parts = [part(Math.floor(whole / length), unit, locale)];
  // Minutes and seconds are shown together only below ten minutes.
  if (next && rest > 0 && !(unit === "minute" && whole >= 600))
    parts.push(part(rest, next[0], locale));
  return parts.join(" ");
}
