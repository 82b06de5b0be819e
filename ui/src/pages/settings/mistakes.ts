import type { Limits } from "@/module/settings";
import type { Mistake } from "@/shell";
import type { FieldMistake } from "./checks";
import { pattern } from "./fields";

/** What the service refused: beside the fields it is about, and what is about none. */
export interface Refused {
  fields: Record<string, FieldMistake>;
  others: { field: string; mistake: FieldMistake }[];
}

/** The name of an error of the agent's schema check is `<parameter>_<type>`. */
function codeOf(mistake: Mistake): string {
  const ofSchema = mistake.parameter !== "" && mistake.error.startsWith(`${mistake.parameter}_`);
  return ofSchema ? mistake.error.slice(mistake.parameter.length + 1) : mistake.error;
}

function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The field of the form that a path leads to or into: `mail.to` for `mail.to.0`. */
function fieldFor(path: string, known: Set<string>): string | null {
  const keys = path.split(".");
  while (keys.length > 0) {
    const candidate = keys.join(".");
    if (known.has(candidate)) return candidate;
    keys.pop();
  }
  return null;
}

export function placeMistakes(
  mistakes: Mistake[],
  paths: string[],
  limits: Record<string, Limits>,
): Refused {
  const known = new Set(paths);
  const refused: Refused = { fields: {}, others: [] };
  for (const one of mistakes) {
    const path = fieldFor(one.field, known);
    const limit = path ? limits[pattern(path)] : undefined;
    const mistake: FieldMistake = {
      code: codeOf(one),
      values: { value: shown(one.value), min: limit?.min, max: limit?.max },
      message: one.message,
    };
    if (path === null) refused.others.push({ field: one.field, mistake });
    else if (!refused.fields[path]) refused.fields[path] = mistake;
    else if (mistake.values?.value) {
      // Several entries of one list: all of them are named.
      const values = refused.fields[path].values!;
      values.value = [values.value, mistake.values.value].filter(Boolean).join(", ");
    }
  }
  return refused;
}
