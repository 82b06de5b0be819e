import { dateFormat, distanceFormat } from "./intl";

function parsed(time: string): Date | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** `26 Nov 2026, 12:31`, in the zone of this browser. */
export function formatTime(time: string, locale: string, timeZone?: string): string {
  const date = parsed(time);
  if (!date) return time;
  return dateFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(date);
}

/** The same with seconds and the zone's name, for where it has to be exact. */
export function formatExactTime(time: string, locale: string, timeZone?: string): string {
  const date = parsed(time);
  if (!date) return time;
  return dateFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    timeZone,
  }).format(date);
}

export function formatDay(time: string, locale: string, timeZone?: string): string {
  const date = parsed(time);
  if (!date) return time;
  return dateFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone,
  }).format(date);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 hours ago`, `in 5 minutes`; below a minute `now`. */
export function formatDistance(time: string, now: Date, locale: string): string {
  const date = parsed(time);
  if (!date) return time;
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const words = distanceFormat(locale, { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(0, "second");
}
