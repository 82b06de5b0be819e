import { afterEach, beforeEach, expect, it } from "vitest";
import { effectScope, nextTick, type EffectScope } from "vue";
import type { Configuration, Defaults } from "@/module/settings";
import { keptDraft } from "@/pages/settings/draft";
import { useForm, type SettingsForm } from "@/pages/settings/use-form";
import { examples } from "../shell/schemas.mjs";
import { FakeShell } from "./fake-shell";

const configuration = (): Configuration => examples("get-configuration")[0];
const defaults = (): Defaults => examples("get-defaults")[0];

let shell: FakeShell;
let scope: EffectScope;
beforeEach(() => {
  sessionStorage.clear();
  shell = new FakeShell();
  scope = effectScope();
});
afterEach(() => {
  scope.stop();
  shell.remove();
});

function begun(): SettingsForm {
  const form = scope.run(useForm)!;
  form.begin(configuration(), defaults(), "en");
  return form;
}

function type(form: SettingsForm, path: string, value: string): void {
  form.set(
    form.fields.value.find((field) => field.path === path)!,
    value,
  );
}

it("what was typed survives another reading, the password too", async () => {
  const form = begun();
  type(form, "mail.subject_prefix", "[X]");
  type(form, "history.days", "many");
  form.zones.value = { all: "Europe/Rome" };
  form.smtpPassword.value = "s3cret";
  await nextTick();
  const news = configuration();
  news.settings!.logging.level = "DEBUG";
  form.begin(news, defaults(), "en");
  expect(form.form.value).toMatchObject({
    "mail.subject_prefix": "[X]",
    "history.days": "many",
    "logging.level": "DEBUG",
  });
  expect(form.zones.value).toEqual({ all: "Europe/Rome" });
  expect(form.smtpPassword.value).toBe("s3cret");
  expect(form.changes.value).toBe(4);
  expect(form.mistakes.value["history.days"]?.code).toBe("not_a_whole_number");
  // Nobody left the page.
  expect(form.restored.value).toBe(false);
});

it("a password that was typed alone survives it too, and is kept nowhere", async () => {
  const form = begun();
  form.smtpPassword.value = "s3cret";
  await nextTick();
  form.begin(configuration(), defaults(), "en");
  expect(form.smtpPassword.value).toBe("s3cret");
  await nextTick();
  expect(JSON.stringify(keptDraft("backup-monitor1"))).not.toContain("s3cret");
});

it("what was saved is shown until it is read again, and what was not is not", async () => {
  const form = begun();
  type(form, "mail.subject_prefix", "[X]");
  type(form, "mail.smtp.host", "hidden.example.org");
  form.zones.value = { nodes: { 1: "Europe/Rome" } };
  form.smtpPassword.value = "s3cret";
  await nextTick();
  form.settle();
  await nextTick();
  expect(form.form.value).toMatchObject({ "mail.subject_prefix": "[X]", "mail.smtp.host": "" });
  expect(form.zones.value).toEqual({ nodes: { 1: "Europe/Rome" } });
  expect([form.changes.value, form.smtpPassword.value]).toEqual([0, null]);
  expect(keptDraft("backup-monitor1")).toBeNull();
  type(form, "mail.subject_prefix", "[Y]");
  expect(form.change()).toEqual({ mail: { subject_prefix: "[Y]" } });
});

it("nothing comes back that was discarded", async () => {
  const form = begun();
  type(form, "mail.subject_prefix", "[X]");
  form.smtpPassword.value = "s3cret";
  await nextTick();
  form.forget();
  form.begin(configuration(), defaults(), "en");
  expect([form.changes.value, form.smtpPassword.value]).toEqual([0, null]);
});
