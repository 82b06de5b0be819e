import type { Form, Zones } from "./values";

/** What was typed and not saved, kept while the administrator looks elsewhere. */
export interface Draft {
  form: Form;
  zones?: Zones;
  /** Whether a password was typed too, which is kept nowhere. */
  password?: boolean;
}

const name = (module: string) => `ns8-backup-monitor/${module}/settings`;

/** Never holds a secret: those are no part of the form. */
export function keepDraft(module: string, draft: Draft | null): void {
  try {
    if (draft) sessionStorage.setItem(name(module), JSON.stringify(draft));
    else sessionStorage.removeItem(name(module));
  } catch {
    // Without a place to keep it, leaving asks all the same.
  }
}

export function keptDraft(module: string): Draft | null {
  try {
    const kept = JSON.parse(
      sessionStorage.getItem(name(module)) ?? "null",
    ) as Partial<Draft> | null;
    return kept && typeof kept.form === "object" && kept.form !== null ? (kept as Draft) : null;
  } catch {
    return null;
  }
}
