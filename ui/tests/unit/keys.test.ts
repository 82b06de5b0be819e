// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LANGUAGES, languageFor, numberLocale, withoutEmpty } from "@/i18n";
import { ADVANCED, allFields, labelKey, pattern } from "@/pages/settings/fields";
import { examples } from "../shell/schemas.mjs";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const english = JSON.parse(readFileSync(here("../../public/i18n/en/translation.json"), "utf8"));

function at(key: string): unknown {
  return key.split(".").reduce((tree, name) => tree?.[name], english);
}

const sources = readdirSync(here("../../src"), { recursive: true, encoding: "utf8" }).filter(
  (path) => /\.(ts|vue)$/.test(path),
);

describe("the keys of texts", () => {
  it.each(sources)("that %s names exist in English", (path) => {
    const text = readFileSync(`${here("../../src")}/${path}`, "utf8");
    const named = [...text.matchAll(/\bt\(\s*["'`]([a-z0-9_.]+)["'`]/g)].map((found) => found[1]!);
    for (const key of named) expect([key, typeof at(key)]).toEqual([key, "string"]);
  });

  it("exist for every setting", () => {
    for (const field of allFields(["1"])) {
      for (const text of ["label", "help"]) {
        const key = `${labelKey(field.path)}.${text}`;
        expect([key, typeof at(key)]).toEqual([key, "string"]);
      }
    }
    for (const group of ADVANCED)
      expect(typeof at(`settings.advanced.${group.name}`)).toBe("string");
  });

  it("exist for every choice of a setting", () => {
    const { limits } = examples("get-defaults")[0];
    for (const field of allFields(["1"]).filter(({ kind }) => kind === "choice")) {
      const path = pattern(field.path);
      const name = path.replace("*.", "").replaceAll(".", "_");
      expect(limits[path].values.length).toBeGreaterThan(1);
      for (const value of limits[path].values) {
        const key = `settings.choice.${name}.${value}`;
        expect([key, typeof at(key)]).toEqual([key, "string"]);
      }
    }
  });

  it("exist for every code that the actions' schemas and the program name", () => {
    const program = readFileSync(here("../../../src/config/errors.rs"), "utf8");
    const [, body] = /pub enum Code \{([\s\S]*?)\n\}/.exec(program)!;
    const codes = [...body!.matchAll(/^ {4}([A-Z]\w+),/gm)].map((found) =>
      found[1]!.replace(/(?<!^)([A-Z])/g, "_$1").toLowerCase(),
    );
    expect(codes.length).toBeGreaterThan(20);
    // Those of the file itself are told in the service's own words.
    const ofTheFile = [
      "unreadable",
      "not_yaml",
      "duplicate_key",
      "not_a_path",
      "not_a_command",
      "not_an_ip",
      "not_host_and_port",
    ];
    for (const code of codes.filter((one) => !ofTheFile.includes(one))) {
      expect([code, typeof at(`mistake.${code}`)]).toEqual([code, "string"]);
    }
  });
});

describe("the language", () => {
  it("is one for every folder of translations", () => {
    expect([...LANGUAGES].sort()).toEqual(readdirSync(here("../../public/i18n")).sort());
  });

  it.each([
    ["it-IT", "it"],
    ["IT", "it"],
    ["en-US", "en"],
    ["de-DE", "en"],
    ["", "en"],
  ])("for a browser that prefers %j is %s", (preferred, language) => {
    expect(languageFor(preferred)).toBe(language);
  });

  it("writes numbers as its own part of the world does", () => {
    expect(numberLocale("en", "en-GB")).toBe("en-GB");
    expect(numberLocale("en", "de-DE")).toBe("en");
  });

  it("falls back key by key: what is not translated yet is left out", () => {
    expect(withoutEmpty({ a: "", b: { c: "x", d: "" } })).toEqual({ b: { c: "x" } });
  });
});
