import { computed, ref, shallowRef, toRaw, watch } from "vue";
import type { Configuration, ConfigureInput, Defaults, Settings } from "@/module/settings";
import { clusterAdminUrl, moduleId } from "@/shell";
import { check, checkAll, type FieldMistake } from "./checks";
import { keepDraft, keptDraft, type Draft } from "./draft";
import { allFields, SCHEDULE_ZONES, type Field } from "./fields";
import {
  changedPaths,
  changeOf,
  formOf,
  isShown,
  sameValue,
  sameZones,
  zonesOf,
  zonesValue,
  type Form,
  type FormValue,
  type Zones,
} from "./values";

/** What is filled in for somebody who is here for the first time. */
function suggested(defaults: Defaults, language: string): Form {
  return {
    "mail.from": defaults.suggestions.mail.from ?? "",
    "mail.language": language,
    "mail.admin_url": clusterAdminUrl(),
  };
}

function planIds(settings: Settings, defaults: Defaults): string[] {
  const ids = new Set([...defaults.plans.map((plan) => plan.id), ...Object.keys(settings.plans)]);
  return [...ids];
}

/** The form: what was read, what was typed since, and what is wrong with it. */
export function useForm() {
  const fields = shallowRef<Field[]>([]);
  const limits = shallowRef<Defaults["limits"]>({});
  const form = ref<Form>({});
  const zones = ref<Zones>({ all: "" });
  const smtpPassword = ref<string | null>(null);
  /** What the service has, and what the form began with. */
  const base = shallowRef<Form>({});
  const start = shallowRef<Form>({});
  const baseZones = shallowRef<Zones>({ all: "" });
  const mistakes = ref<Record<string, FieldMistake>>({});
  const restored = ref(false);
  /** Whether a password that was typed before has to be typed again. */
  const passwordLost = ref(false);

  /** Takes what was read. What was typed before stays, secrets too, which no draft has. */
  function begin(configuration: Configuration, defaults: Defaults, language: string): void {
    const typed = dirty.value ? draftNow() : null;
    const password = smtpPassword.value;
    const settings = configuration.settings ?? defaults.settings;
    fields.value = allFields(planIds(settings, defaults));
    limits.value = defaults.limits;
    base.value = formOf(fields.value, settings);
    baseZones.value = zonesOf(settings);
    const fillIn = configuration.configured ? {} : suggested(defaults, language);
    start.value = { ...base.value, ...fillIn };
    reset();
    if (!typed) return restore();
    take(typed);
    smtpPassword.value = password;
  }

  function reset(): void {
    form.value = { ...start.value };
    zones.value = structuredClone(baseZones.value);
    smtpPassword.value = null;
    mistakes.value = {};
    restored.value = false;
    passwordLost.value = false;
  }

  function restore(): void {
    const kept = keptDraft(moduleId());
    if (!kept) return;
    take(kept);
    restored.value = dirty.value;
    passwordLost.value = kept.password === true;
  }

  function take(draft: Draft): void {
    const known = fields.value.filter(
      (field) => typeof draft.form[field.path] === typeof form.value[field.path],
    );
    for (const field of known) set(field, draft.form[field.path]!);
    if (draft.zones) zones.value = draft.zones;
  }

  const touched = computed(() => changedPaths(fields.value, form.value, start.value));
  const zonesTouched = computed(() => !sameZones(zones.value, baseZones.value));
  const changes = computed(
    () =>
      touched.value.length + (zonesTouched.value ? 1 : 0) + (smtpPassword.value === null ? 0 : 1),
  );
  const dirty = computed(() => changes.value > 0);

  /** Takes what is typed; what is wrong with it shows at once. */
  function set(field: Field, value: FormValue): void {
    form.value[field.path] = value;
    const mistake = check(field, value, limits.value);
    if (mistake) mistakes.value[field.path] = mistake;
    else delete mistakes.value[field.path];
  }

  /** The input of configure-module, or null while something is wrong. */
  function change(): ConfigureInput | null {
    // Nobody could correct what is not shown.
    const shown = fields.value.filter((field) => isShown(field, form.value));
    mistakes.value = checkAll(shown, form.value, limits.value);
    if (Object.keys(mistakes.value).length > 0) return null;
    const input = changeOf(shown, form.value, base.value);
    if (zonesTouched.value) input.schedule = { timezone: zonesValue(zones.value) };
    if (smtpPassword.value !== null) input.smtp_password = smtpPassword.value;
    return input;
  }

  function isTouched(path: string): boolean {
    const field = fields.value.find((one) => one.path === path);
    return !!field && !sameValue(field, form.value[path] ?? "", start.value[path] ?? "");
  }

  function draftNow(): Draft {
    const kept = touched.value.map((path) => [path, form.value[path]!] as const);
    return {
      form: Object.fromEntries(kept),
      zones: zonesTouched.value ? zones.value : undefined,
      password: smtpPassword.value !== null || passwordLost.value || undefined,
    };
  }

  function forget(): void {
    reset();
    keepDraft(moduleId(), null);
  }

  /** What was sent is what the service has now, as far as is known until it is read again. */
  function settle(): void {
    const sent = fields.value.filter((field) => isShown(field, form.value));
    const values = sent.map((field) => [field.path, form.value[field.path]!] as const);
    base.value = { ...base.value, ...Object.fromEntries(values) };
    start.value = base.value;
    baseZones.value = structuredClone(toRaw(zones.value));
    forget();
  }

  watch(smtpPassword, () => (passwordLost.value = false));
  watch([form, zones, smtpPassword], () => keepDraft(moduleId(), dirty.value ? draftNow() : null), {
    deep: true,
  });

  return {
    fields,
    limits,
    form,
    zones,
    smtpPassword,
    mistakes,
    restored,
    passwordLost,
    changes,
    dirty,
    begin,
    set,
    change,
    forget,
    settle,
    isTouched,
    paths: computed(() => [
      ...fields.value.map((field) => field.path),
      SCHEDULE_ZONES,
      "smtp_password",
    ]),
  };
}

export type SettingsForm = ReturnType<typeof useForm>;
