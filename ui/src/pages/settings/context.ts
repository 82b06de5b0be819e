import { computed, type ComputedRef, type InjectionKey, type Ref } from "vue";
import { useI18n } from "vue-i18n";
import type { Choice } from "@/carbon";
import type { Configuration, Defaults } from "@/module/settings";
import type { Field } from "./fields";
import type { SettingsForm } from "./use-form";
import { toForm, valueAt } from "./values";

/** What all parts of the page know. */
export interface SettingsContext {
  form: SettingsForm;
  configuration: Ref<Configuration | null>;
  defaults: Ref<Defaults | null>;
  zones: ComputedRef<Choice[]>;
  /** The default of a field as it is shown beside it; null where there is none to tell. */
  defaultOf(field: Field): string | null;
  emptyLabel(field: Field): string;
}

export const CONTEXT: InjectionKey<SettingsContext> = Symbol("settings");

/** `Europe/Rome` stands below `Europe`. */
function zoneChoice(name: string): Choice {
  const [area, ...rest] = name.split("/");
  return rest.length > 0
    ? { value: name, label: `${rest.join("/").replaceAll("_", " ")} (${name})`, group: area }
    : { value: name, label: name };
}

export function createContext(
  form: SettingsForm,
  configuration: Ref<Configuration | null>,
  defaults: Ref<Defaults | null>,
): SettingsContext {
  const { t, te } = useI18n();

  function defaultOf(field: Field): string | null {
    if (field.kind === "zone" || field.path.startsWith("plans.")) return null;
    const value = toForm(field, valueAt(defaults.value?.settings, field.path));
    if (typeof value === "boolean") return t(value ? "common.on" : "common.off");
    if (value === "") return null;
    const named = `settings.choice.${field.path.replaceAll(".", "_")}.${value}`;
    if (field.kind === "lines") return value.split("\n").join(", ");
    return te(named, "en") ? t(named) : value;
  }

  function emptyLabel(field: Field): string {
    if (field.kind !== "zone") return "";
    const own = defaults.value?.timezone;
    return own ? t("settings.own_zone_named", { zone: own }) : t("settings.own_zone");
  }

  return {
    form,
    configuration,
    defaults,
    zones: computed(() => (defaults.value?.timezones ?? []).map(zoneChoice)),
    defaultOf,
    emptyLabel,
  };
}
