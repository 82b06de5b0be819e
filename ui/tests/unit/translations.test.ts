// @vitest-environment node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

type Messages = { [key: string]: string | Messages };

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const read = (language: string): Messages =>
  JSON.parse(readFileSync(here(`../../public/i18n/${language}/translation.json`), "utf8"));

function flat(messages: Messages, before = ""): [string, string][] {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[before + key, value] as [string, string]]
      : flat(value, `${before}${key}.`),
  );
}

const english = new Map(flat(read("en")));
const italian = new Map(flat(read("it")));
const values = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

/** The names in a table of docs/JSON.md, below this heading. */
function names(heading: string): string[] {
  const page = readFileSync(here("../../../docs/JSON.md"), "utf8");
  const section = page.split(`### ${heading}\n`)[1]!.split("\n#")[0]!;
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map((found) => found[1]!);
}

describe("the translations", () => {
  it("are complete", () => {
    expect([...italian.keys()].sort()).toEqual([...english.keys()].sort());
    for (const text of italian.values()) expect(text.trim()).not.toBe("");
  });

  it("have the same values in them, and as many forms", () => {
    for (const [key, text] of english) {
      const other = italian.get(key)!;
      expect([key, values(other)]).toEqual([key, values(text)]);
      expect([key, other.split(" | ").length]).toEqual([key, text.split(" | ").length]);
    }
  });

  it.each([
    ["Outcome", "outcome"],
    ["Kind of a report", "report_kind"],
    ["Kind of a run", "run_kind"],
    ["How a plan stands", "standing"],
    ["Cause of a member", "cause"],
    ["State of a delivery", "delivery"],
  ])("have every name of the program: %s", (heading, group) => {
    const all = names(heading);
    expect(all.length).toBeGreaterThan(2);
    for (const name of all) expect([...english.keys()]).toContain(`${group}.${name}`);
  });
});
