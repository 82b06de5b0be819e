import { nextTick, ref, shallowRef } from "vue";
import { useI18n } from "vue-i18n";
import type { ConfigureInput, ConfigureOutput } from "@/module/settings";
import { useAction } from "@/module/use-action";
import { moduleId, ValidationError, type ActionError } from "@/shell";
import { placeMistakes, type Refused } from "./mistakes";
import type { SettingsForm } from "./use-form";

const NOT_STARTED = "service_not_started";

/** Codes that are about the instance, not about a value. */
function isAboutValues(error: ActionError): error is ValidationError {
  return error.kind === "validation" && error.mistakes.some((one) => one.field !== "(root)");
}

/** Whether the settings were written, and what was to follow went wrong. */
function isSavedAllTheSame(error: ActionError): boolean {
  return error.kind === "validation" && error.mistakes.some((one) => one.error === NOT_STARTED);
}

/** Brings the first mistake before the eyes, and the keyboard to it. */
async function showFirstMistake(): Promise<void> {
  await nextTick();
  await nextTick();
  const first = document.querySelector<HTMLElement>('[aria-invalid="true"]');
  first?.focus({ preventScroll: true });
  first?.scrollIntoView({ block: "center" });
}

/** Sends the form, and brings back what the service says of it. */
export function useSave(form: SettingsForm, reload: () => Promise<void>) {
  const { t } = useI18n();
  const { error, run } = useAction("configure-module", {
    announce: { title: t("settings.announce", { instance: moduleId() }) },
  });
  /** Until what was saved was read back: what is typed meanwhile would be lost. */
  const busy = ref(false);
  const saved = shallowRef<ConfigureOutput | null>(null);
  const others = ref<Refused["others"]>([]);
  const failed = shallowRef<ActionError | null>(null);

  function clear(): void {
    saved.value = null;
    others.value = [];
    failed.value = null;
  }

  async function sent(change: ConfigureInput): Promise<boolean> {
    busy.value = true;
    try {
      const output = await run(change);
      const isSaved = output !== null || (error.value && isSavedAllTheSame(error.value));
      if (!isSaved) return false;
      form.settle();
      await reload();
      saved.value = output;
      return output !== null;
    } finally {
      busy.value = false;
    }
  }

  async function save(): Promise<void> {
    if (busy.value) return;
    clear();
    const change = form.change();
    if (!change) return showFirstMistake();
    const place = document.activeElement;
    if (await sent(change)) {
      await nextTick();
      // Fields that are disabled for a while lose the keyboard.
      if (place instanceof HTMLElement && place.isConnected) place.focus({ preventScroll: true });
      return;
    }
    const why = error.value;
    if (!why) return;
    if (!isAboutValues(why)) {
      failed.value = why;
      return;
    }
    const refused = placeMistakes(why.mistakes, form.paths.value, form.limits.value);
    form.mistakes.value = refused.fields;
    others.value = refused.others;
    await showFirstMistake();
  }

  return { save, busy, saved, others, failed, clear };
}
