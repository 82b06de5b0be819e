import { beforeEach, describe, expect, it } from "vitest";
import type { Limits, Settings } from "@/module/settings";
import { check, checkAll, isAddress, isHost, isUrl } from "@/pages/settings/checks";
import { keepDraft, keptDraft } from "@/pages/settings/draft";
import { allFields, labelKey, pattern, type Field } from "@/pages/settings/fields";
import { placeMistakes } from "@/pages/settings/mistakes";
import { makeToken } from "@/pages/settings/token";
import {
  changedPaths,
  changeOf,
  entries,
  formOf,
  fromForm,
  isShown,
  sameZones,
  toForm,
  zonesOf,
  zonesValue,
} from "@/pages/settings/values";
import { examples } from "../shell/schemas.mjs";
import { merge, refusals } from "../shell/world.mjs";

const settings: Settings = examples("get-configuration")[0].settings;
const fields = allFields(["1", "3"]);
const field = (path: string): Field => fields.find((one) => one.path === path)!;

describe("the form", () => {
  it("has a field for every setting that an action can change", () => {
    const leaves = (tree: object, at = ""): string[] =>
      Object.entries(tree).flatMap(([key, value]) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? leaves(value, `${at}${key}.`)
          : [`${at}${key}`],
      );
    const known = new Set([...fields.map((one) => one.path), "schedule.timezone"]);
    expect(leaves(settings).filter((path) => !known.has(path))).toEqual([]);
  });

  it("says the settings as they came when nothing was typed", () => {
    const form = formOf(fields, settings);
    expect(changedPaths(fields, form, formOf(fields, settings))).toEqual([]);
    expect(changeOf(fields, form, formOf(fields, settings))).toEqual({});
  });

  it("takes a list in any order of commas and lines, and compares its entries", () => {
    expect(entries(" a@x.org,b@x.org;\n\n c@x.org ")).toEqual(["a@x.org", "b@x.org", "c@x.org"]);
    const base = formOf(fields, settings);
    expect(changedPaths(fields, { ...base, "mail.to": " admin@example.org ,\n" }, base)).toEqual(
      [],
    );
  });

  it("keeps spaces in the names of alerts", () => {
    expect(fromForm(field("receiver.alert_names"), "Backup failed\nOther")).toEqual([
      "Backup failed",
      "Other",
    ]);
  });

  it.each([
    ["mail.admin_url", "", null],
    ["mail.admin_url", " https://a/ ", "https://a/"],
    ["mail.subject_prefix", "", ""],
    ["notify.reminder_hours", "48", 48],
    ["notify.reminder_hours", "", null],
    ["notify.reminder_hours", "many", "many"],
    ["mail.to", "", null],
    ["digest.enabled", true, true],
    ["plans.3.mute_until", "", null],
  ])("sends %s %j as %j", (path, typed, sent) => {
    expect(fromForm(field(path), typed)).toEqual(sent);
  });

  it("nests what was changed", () => {
    const base = formOf(fields, settings);
    const form = {
      ...base,
      "plans.1.to": "a@x.org",
      "mail.smtp.port": "25",
      "plans.3.mute_until": "",
    };
    expect(changeOf(fields, form, base)).toEqual({
      mail: { smtp: { port: 25 } },
      plans: { 1: { to: ["a@x.org"] }, 3: { mute_until: null } },
    });
  });

  it("shows the day of a mute that was set to a moment, and leaves it alone", () => {
    const mute = field("plans.3.mute_until");
    const form = toForm(mute, "2030-12-24T08:00:00+01:00");
    expect(form).toBe("2030-12-24");
    expect(changedPaths([mute], { [mute.path]: form }, { [mute.path]: form })).toEqual([]);
  });
});

describe("the zones of schedules", () => {
  const zoned = (timezone: unknown) => ({ ...settings, schedule: { timezone } }) as Settings;

  it.each([
    [null, null],
    ["Europe/Rome", "Europe/Rome"],
    [
      { 2: "UTC", 10: "Europe/Rome" },
      { 2: "UTC", 10: "Europe/Rome" },
    ],
  ])("%j come back as they were", (given, value) => {
    expect(zonesValue(zonesOf(zoned(given)))).toEqual(value);
  });

  it("of no node are none", () => {
    expect(zonesValue({ nodes: { 1: "" } })).toBeNull();
    expect(sameZones({ nodes: {} }, { all: "" })).toBe(true);
  });
});

describe("checks", () => {
  it.each(["a@b.it", "first.last+tag@mail.example.org", "x@localhost"])("take %s", (address) => {
    expect(isAddress(address)).toBe(true);
  });

  it.each([
    "",
    "a",
    "@b.it",
    "a@",
    "a@b@c",
    "a b@c.it",
    "Name <a@b.it>",
    ".a@b.it",
    "a@-b.it",
    "è@b.it",
    "a@b_c.it",
  ])("refuse %j as an address", (address) => expect(isAddress(address)).toBe(false));

  it.each([
    ["https://leader.example.org/cluster-admin/", true],
    ["http://127.0.0.1:9093", true],
    ["http://[::1]:9093/x", true],
    ["ftp://a", false],
    ["https://", false],
    ["https://user:pass@a/", false],
    ["https://a/ b", false],
    ["javascript:alert(1)", false],
  ])("of an address %s: %s", (url, good) => expect(isUrl(url)).toBe(good));

  it.each([
    ["smtp.example.org", true],
    ["my_container", true],
    ["10.0.0.1", true],
    ["2001:db8::1", true],
    ["a b", false],
    ["http://a", false],
  ])("of a host %s: %s", (host, good) => expect(isHost(host)).toBe(good));

  const limits = {
    "notify.reminder_hours": { kind: "number", list: false, min: 1, max: 8760, values: [] },
    "mail.subject_prefix": { kind: "text", list: false, min: 0, max: 5, values: [] },
    "receiver.alert_names": { kind: "text", list: true, min: 1, max: 9, values: [] },
  } satisfies Record<string, Limits>;

  it.each([
    ["notify.reminder_hours", "0", "out_of_range"],
    ["notify.reminder_hours", "8761", "out_of_range"],
    ["notify.reminder_hours", "1.5", "not_a_whole_number"],
    ["notify.reminder_hours", "8760", undefined],
    ["notify.reminder_hours", "", undefined],
    ["mail.subject_prefix", "123456", "wrong_length"],
    ["mail.subject_prefix", "", undefined],
    ["mail.from", "", "missing"],
    ["mail.to", "a@b.it x", "not_an_address"],
    ["mail.to", "", "missing"],
    ["plans.1.to", "", undefined],
    ["mail.smtp.host", "a b", "not_a_host"],
    ["history.days", "99999999", undefined],
  ])("%s %j: %s", (path, value, code) => {
    expect(check(field(path), value, limits)?.code).toBe(code);
  });

  it("count the characters of every line of a list, and say how many are allowed", () => {
    const names = (text: string) => check(field("receiver.alert_names"), text, limits);
    expect(names("Backup\n🔥🔥🔥🔥🔥🔥🔥🔥🔥")).toBeNull();
    expect(names("Backup\nLongerName")).toEqual({
      code: "wrong_length",
      values: { min: 1, max: 9 },
    });
  });

  const [defaults] = examples("get-defaults");
  const bounded = fields.filter((one) => (defaults.limits[one.path]?.max ?? null) !== null);

  it.each(bounded)("draw the line for $path where the service does", (one) => {
    const { kind, min, max } = defaults.limits[one.path];
    const sizes: number[] = kind === "number" ? [min - 1, min, max, max + 1] : [max, max + 1];
    const refused = sizes.map((size) => {
      const typed = kind === "number" ? String(size) : "x".repeat(size);
      const change = changeOf([one], { [one.path]: typed }, {});
      const [first] = refusals(merge(settings, change, defaults.settings), defaults.limits);
      expect([size, check(one, typed, defaults.limits)?.code]).toEqual([size, first?.error]);
      return first !== undefined;
    });
    expect(refused).toEqual(kind === "number" ? [true, false, false, true] : [false, true]);
  });

  it("find everything at once", () => {
    const form = { ...formOf(fields, settings), "mail.from": "x", "plans.1.to": "y" };
    expect(Object.keys(checkAll(fields, form, {})).sort()).toEqual(["mail.from", "plans.1.to"]);
  });
});

describe("what the service refuses", () => {
  const paths = fields.map((one) => one.path);
  const mistake = (at: string, error: string, value: unknown = null, parameter = "mail") => ({
    field: at,
    parameter,
    error,
    value,
    message: "words",
  });

  it("stands beside the field it leads into, with every entry named", () => {
    const { fields: placed, others } = placeMistakes(
      [mistake("mail.to.0", "not_an_address", "a"), mistake("mail.to.2", "not_an_address", "b")],
      paths,
      {},
    );
    expect(placed["mail.to"]).toMatchObject({ code: "not_an_address", values: { value: "a, b" } });
    expect(others).toEqual([]);
  });

  it("is told by itself where no field is meant", () => {
    const { fields: placed, others } = placeMistakes(
      [mistake("(root)", "answer_too_large"), mistake("unknown.key", "unknown_key")],
      paths,
      {},
    );
    expect(placed).toEqual({});
    expect(others.map((one) => one.field)).toEqual(["(root)", "unknown.key"]);
  });

  it("may come from the agent's own look at the schema", () => {
    const { others } = placeMistakes([mistake("mail", "mail_invalid_type")], paths, {});
    expect(others[0]!.mistake.code).toBe("invalid_type");
  });
});

describe("names", () => {
  it("of plans are the same for all plans", () => {
    expect(pattern("plans.12.notify_on")).toBe("plans.*.notify_on");
    expect(labelKey("plans.12.notify_on")).toBe("settings.field.plan_notify_on");
  });
});

describe("what was typed and not saved", () => {
  beforeEach(() => sessionStorage.clear());

  it("is kept for its instance, until it is forgotten", () => {
    keepDraft("m1", { form: { "mail.from": "x" } });
    expect(keptDraft("m1")).toEqual({ form: { "mail.from": "x" } });
    expect(keptDraft("m2")).toBeNull();
    keepDraft("m1", null);
    expect(keptDraft("m1")).toBeNull();
  });

  it("is nothing where somebody else wrote there", () => {
    sessionStorage.setItem("ns8-backup-monitor/m1/settings", "{broken");
    expect(keptDraft("m1")).toBeNull();
    sessionStorage.setItem("ns8-backup-monitor/m1/settings", '{"form":null}');
    expect(keptDraft("m1")).toBeNull();
  });
});

describe("a token", () => {
  it("is long, fits into a header, and is never the same", () => {
    const made = new Set(Array.from({ length: 50 }, makeToken));
    expect(made.size).toBe(50);
    for (const token of made) expect(token).toMatch(/^[\w-]{43}$/);
  });
});

describe("settings that belong to a choice", () => {
  it("are on the page only while it is made", () => {
    const form = (more: object) => ({ ...formOf(fields, settings), ...more });
    expect(isShown(field("digest.hour"), form({ "digest.enabled": false }))).toBe(false);
    expect(isShown(field("digest.hour"), form({ "digest.enabled": true }))).toBe(true);
    expect(isShown(field("mail.smtp.host"), form({ "mail.transport": "smarthost" }))).toBe(false);
    expect(isShown(field("mail.smtp.host"), form({ "mail.transport": "smtp" }))).toBe(true);
    expect(isShown(field("mail.to"), form({}))).toBe(true);
  });
});
