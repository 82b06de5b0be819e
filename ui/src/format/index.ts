import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { numberLocale } from "@/i18n";
import { browserZone, knownZone, numberFormat } from "./intl";
import { formatDuration, formatSize } from "./numbers";
import { formatDay, formatDistance, formatExactTime, formatTime } from "./times";

/** What stands where a value is not known. */
export const UNKNOWN = "–";

/** The ways to write values, in the language of the page and a zone, or the browser's own. */
export function useFormat(timezone: () => string | null | undefined = () => null) {
  const { locale } = useI18n();
  const zone = computed(() => knownZone(timezone()));
  const way = computed(() => numberLocale(locale.value));
  const orUnknown =
    <T>(write: (value: T) => string) =>
    (value: T | null | undefined): string =>
      value === null || value === undefined ? UNKNOWN : write(value);
  return {
    time: orUnknown((time: string) => formatTime(time, way.value, zone.value)),
    exactTime: orUnknown((time: string) => formatExactTime(time, way.value, zone.value)),
    day: orUnknown((time: string) => formatDay(time, way.value, zone.value)),
    duration: orUnknown((seconds: number) => formatDuration(seconds, way.value)),
    size: orUnknown((bytes: number) => formatSize(bytes, way.value)),
    /** Of which zone the times are. */
    zone: computed(() => zone.value ?? browserZone()),
    number: orUnknown((value: number) => numberFormat(way.value, {}).format(value)),
    list: (words: string[]) => new Intl.ListFormat(way.value).format(words),
    distance: (time: string, now: Date) => formatDistance(time, now, way.value),
  };
}
