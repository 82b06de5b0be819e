import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { numberLocale } from "@/i18n";
import { numberFormat } from "./intl";
import { formatDuration, formatSize } from "./numbers";
import { formatDay, formatDistance, formatExactTime, formatTime } from "./times";

/** What stands where a value is not known. */
export const UNKNOWN = "–";

/** The ways to write values, in the language of the page. */
export function useFormat() {
  const { locale } = useI18n();
  const way = computed(() => numberLocale(locale.value));
  const orUnknown =
    <T>(write: (value: T) => string) =>
    (value: T | null | undefined): string =>
      value === null || value === undefined ? UNKNOWN : write(value);
  return {
    time: orUnknown((time: string) => formatTime(time, way.value)),
    exactTime: orUnknown((time: string) => formatExactTime(time, way.value)),
    day: orUnknown((time: string) => formatDay(time, way.value)),
    duration: orUnknown((seconds: number) => formatDuration(seconds, way.value)),
    size: orUnknown((bytes: number) => formatSize(bytes, way.value)),
    number: orUnknown((value: number) => numberFormat(way.value, {}).format(value)),
    list: (words: string[]) => new Intl.ListFormat(way.value).format(words),
    distance: (time: string, now: Date) => formatDistance(time, now, way.value),
  };
}
