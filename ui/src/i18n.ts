import { createI18n, type I18n } from "vue-i18n";

/** The languages that have a folder in `public/i18n`; the first one is the template. */
export const LANGUAGES = ["en", "it"] as const;
export type PageLanguage = (typeof LANGUAGES)[number];

type Messages = { [key: string]: string | Messages };

/** The language of these pages for what the browser prefers. */
export function languageFor(preferred: string): PageLanguage {
  const two = preferred.slice(0, 2).toLowerCase();
  return LANGUAGES.find((language) => language === two) ?? "en";
}

/** Which form numbers and times take: the browser's own where it is of this language. */
export function numberLocale(language: string, preferred: string = navigator.language): string {
  return preferred.slice(0, 2).toLowerCase() === language ? preferred : language;
}

/** A text that nobody has translated yet is left out, so that English takes its place. */
export function withoutEmpty(messages: Messages): Messages {
  const kept: Messages = {};
  for (const [key, value] of Object.entries(messages)) {
    if (typeof value === "object") kept[key] = withoutEmpty(value);
    else if (value !== "") kept[key] = value;
  }
  return kept;
}

async function load(language: PageLanguage): Promise<Messages> {
  const response = await fetch(`i18n/${language}/translation.json`);
  if (!response.ok) throw new Error(`no translation for ${language}: ${response.status}`);
  return withoutEmpty((await response.json()) as Messages);
}

export function createTranslations(language: string, messages: Record<string, Messages>): I18n {
  return createI18n({
    legacy: false,
    locale: language,
    fallbackLocale: "en",
    fallbackWarn: false,
    missingWarn: false,
    messages: messages as never,
  }) as unknown as I18n;
}

/** Reads the translations. One that cannot be had costs its language, not the page. */
export async function loadTranslations(preferred: string = navigator.language): Promise<I18n> {
  const language = languageFor(preferred);
  const [english, own] = await Promise.all([
    load("en").catch(() => ({})),
    language === "en" ? {} : load(language).catch(() => ({})),
  ]);
  document.documentElement.lang = language;
  return createTranslations(
    language,
    language === "en" ? { en: english } : { en: english, [language]: own },
  );
}
