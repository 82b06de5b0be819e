import { useI18n } from "vue-i18n";
import { useFormat } from "@/format";
import type { SettingsWarning } from "@/module/settings";
import type { FieldMistake } from "./checks";

/** The sentences for codes; a code of a newer service is said in its own words. */
export function useSettingsWords() {
  const { t, te } = useI18n();
  const { time } = useFormat();

  function mistake(one: FieldMistake | undefined): string | null {
    if (!one) return null;
    const { code, values = {}, message } = one;
    const bounded = code === "out_of_range" || code === "wrong_length";
    const known = te(`mistake.${code}`, "en") && !(bounded && (values.min ?? null) === null);
    if (known) return t(`mistake.${code}`, values);
    return message || t("mistake.other", values);
  }

  function warning(one: SettingsWarning): string {
    if (te(`warning.${one.code}`, "en"))
      return t(`warning.${one.code}`, { ...one, time: time(one.time ?? null) });
    return one.message ?? one.code;
  }

  return { mistake, warning };
}
