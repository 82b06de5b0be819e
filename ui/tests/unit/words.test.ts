import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mount } from "@vue/test-utils";
import { useWords } from "@/components/use-words";
import { createTranslations } from "@/i18n";

const read = (language: string) =>
  JSON.parse(readFileSync(`${process.cwd()}/public/i18n/${language}/translation.json`, "utf8"));
const messages = { en: read("en"), it: read("it") };

function wordsIn(language: string): ReturnType<typeof useWords> {
  let words!: ReturnType<typeof useWords>;
  mount(
    { template: "<p />", setup: () => void (words = useWords()) },
    {
      global: { plugins: [createTranslations(language, messages)] },
    },
  );
  return words;
}

const english = wordsIn("en");
const italian = wordsIn("it");
const run = {
  report: 12,
  run: "2026-11-20T02:00:00",
  kind: "scheduled",
  at: "2026-11-20T01:00:00Z",
  took_s: 516,
  outcome: "PARTIAL",
  bad: 1,
  counted: 7,
} as const;

describe("the words for a run", () => {
  it("say how many failed, in one form or the other", () => {
    expect(english.result(run)).toBe("Partially failed, 1 of 7 failed");
    expect(italian.result(run)).toBe("Parzialmente fallito, 1 fallita su 7");
    expect(italian.result({ ...run, bad: 2 })).toBe("Parzialmente fallito, 2 fallite su 7");
  });

  it("say that all are good, be it one or many", () => {
    const good = { ...run, outcome: "SUCCESS", bad: 0 } as const;
    expect(english.result(good)).toBe("Completed, all 7 applications are good");
    expect(italian.result({ ...good, counted: 1 })).toBe(
      "Completato, l'unica applicazione è a posto",
    );
  });

  it("count nothing where nothing counts", () => {
    expect(english.result({ outcome: "REPO_FAILURE", bad: 0, counted: 7 })).toBe("Failed");
    expect(english.result({ outcome: "SUCCESS", bad: 0, counted: 0 })).toBe("Completed");
    expect(english.result({ outcome: null, bad: 0, counted: 7 })).toBe("Not known");
  });

  it("fit a run into one line", () => {
    expect(english.runTitle({ ...run, kind: "hand_part" })).toMatch(
      /2026.*, Partially failed, 1 of 7 failed, 8 mins? 36 secs?, started by hand, for some applications$/,
    );
    expect(english.runTitle({ ...run, took_s: null })).not.toContain("null");
  });
});

describe("names", () => {
  it("fall back to the id where a plan has none", () => {
    expect(english.planName({ id: "3", name: "  " })).toBe("Plan 3");
    expect(italian.planName({ id: "3", name: "" })).toBe("Piano 3");
    expect(italian.planName({ id: "3", name: "3" })).toBe("Piano 3");
    expect(english.planName({ id: "3", name: "Nightly" })).toBe("Nightly");
  });

  it("are those of the plan, or say what kind of report it is", () => {
    expect(english.reportTitle({ kind: "run", plan: "1", plan_name: "Nightly" })).toBe("Nightly");
    expect(english.reportTitle({ kind: "digest", plan: null, plan_name: null })).toBe(
      "Weekly summary",
    );
  });

  it("are shown as they come where a newer service has new ones", () => {
    expect(english.cause("eaten_by_dog")).toBe("eaten by dog");
    expect(italian.cause("eaten_by_dog")).toBe("eaten by dog");
    expect(italian.cause("backup_error")).toBe("backup fallito");
  });
});
