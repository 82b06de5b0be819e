import { flushPromises, mount } from "@vue/test-utils";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineComponent, h, nextTick } from "vue";
import { AppButton, AppPagination, AppSelect, AppTable, AppToggle } from "@/carbon";
import ActionErrorNote from "@/components/ActionErrorNote.vue";
import { explain } from "@/components/explain";
import PageState from "@/components/PageState.vue";
import { createTranslations } from "@/i18n";
import { useAction } from "@/module/use-action";
import { ownBackups } from "@/pages/status/own-backup";
import {
  AbortedError,
  BadAnswerError,
  CancelledError,
  HttpError,
  NoAnswerError,
  ValidationError,
  type ActionError,
} from "@/shell";
import { FakeShell } from "./fake-shell";

const english = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../../public/i18n/en/translation.json"), "utf8"),
);
const global = {
  plugins: [createTranslations("en", { en: english })],
  stubs: { RouterLink: true },
};

const refused = (error: string) =>
  new ValidationError("x", [
    { field: "(root)", parameter: "", error, value: null, message: "own words" },
  ]);

const ERRORS: [string, ActionError][] = [
  ["unreachable", new HttpError("x", 0, "")],
  ["logged_out", new HttpError("x", 401, "")],
  ["forbidden", new HttpError("x", 403, "")],
  ["agent_away", new HttpError("x", 404, "")],
  ["too_many", new HttpError("x", 429, "")],
  ["server", new HttpError("x", 502, "")],
  ["no_answer", new NoAnswerError("x", 60)],
  ["aborted", new AbortedError("x", "trace", 1, "")],
  ["bad_answer", new BadAnswerError("x")],
  ["cancelled", new CancelledError("x")],
  ["refused", refused("something_new")],
  ...[
    "not_configured",
    "service_not_running",
    "service_timeout",
    "answer_too_large",
    "configuration_wrong",
    "service_failed",
    "service_not_started",
    "program_failed",
    "nothing_to_check",
    "internal_error",
    "no_such_report",
    "no_such_plan",
    "cluster_unreachable",
  ].map((code): [string, ActionError] => [code, refused(code)]),
];

describe("every way an action can fail", () => {
  it.each(ERRORS)("is explained: %s", (key, error) => {
    expect(explain(error).key).toBe(key);
    const note = mount(ActionErrorNote, { props: { error }, global });
    expect(note.text()).toContain(english.error[key].text.split("{")[0]);
    expect(note.attributes("role")).toBe("alert");
  });

  it("keeps the action's own words for who looks into them", () => {
    const note = mount(ActionErrorNote, { props: { error: refused("service_failed") }, global });
    expect(note.find("details pre").text()).toBe("own words");
  });
});

describe("what a page shows of something that is read", () => {
  const state = (props: object) =>
    mount(PageState, {
      props: { ready: false, ...props },
      slots: { default: "the content" },
      global,
    });

  it("is that it loads", () => {
    const page = state({ busy: true });
    expect(page.attributes("data-state")).toBe("loading");
    expect(page.find('[role="status"]').text()).toBe("Loading");
    expect(page.text()).not.toContain("the content");
  });

  it("is the content", () => expect(state({ ready: true }).text()).toBe("the content"));

  it("is that there is none", () => {
    const page = state({ ready: true, empty: true, emptyTitle: "Nothing here" });
    expect(page.text()).toContain("Nothing here");
    expect(page.text()).not.toContain("the content");
  });

  it("is that it failed, with another try", async () => {
    const page = state({ error: new HttpError("x", 500, "") });
    expect(page.attributes("data-state")).toBe("failed");
    await page.find("button").trigger("click");
    expect(page.emitted("retry")).toHaveLength(1);
  });

  it.each([
    [403, "forbidden"],
    [401, "logged_out"],
  ])("is that it is not permitted (%d), with a way back once it is", async (status, key) => {
    const page = state({ error: new HttpError("x", status, "") });
    expect(page.attributes("data-state")).toBe("denied");
    expect(page.text()).toContain(english.error[key].title);
    await page.find("button").trigger("click");
    expect(page.emitted("retry")).toHaveLength(1);
  });

  it("is the old content and how old it is, when it could not be read again", () => {
    const page = state({
      ready: true,
      error: new HttpError("x", 500, ""),
      readAt: new Date("2026-11-26T12:00:00Z"),
    });
    expect(page.text()).toContain("the content");
    expect(page.text()).toMatch(/What is shown was read on .*2026/);
  });
});

describe("reading an action for a component", () => {
  let shell: FakeShell;
  beforeEach(() => (shell = new FakeShell()));
  afterEach(() => shell.remove());

  function reader() {
    let read!: ReturnType<typeof useAction<"get-report">>;
    const owner = mount(
      defineComponent({
        setup() {
          read = useAction("get-report");
          return () => h("div");
        },
      }),
    );
    return { owner, read };
  }

  it("keeps what was read while it is read again", async () => {
    const { owner, read } = reader();
    const first = read.run({ id: 1, language: "en" });
    await flushPromises();
    shell.emit("completed", {}, { output: { id: 1 } });
    await first;
    expect(read.readAt.value).toBeInstanceOf(Date);
    const second = read.run({ id: 1, language: "en" });
    await flushPromises();
    shell.emit("aborted", { exit_code: 1, error: "no" }, {});
    await second;
    expect([read.data.value, read.error.value?.kind]).toEqual([{ id: 1 }, "aborted"]);
    owner.unmount();
  });

  it("passes over the answer to a question that is no longer asked", async () => {
    const { owner, read } = reader();
    const old = read.run({ id: 1, language: "en" });
    await flushPromises();
    const asked = shell.sent[0]!.body;
    const now = read.run({ id: 2, language: "en" });
    await flushPromises();
    shell.host.shell.core.$root.$emit(
      `get-report-completed-${asked.extra.eventId}`,
      {},
      { output: { id: 1 } },
    );
    shell.emit("completed", {}, { output: { id: 2 } });
    expect([await old, await now]).toEqual([null, { id: 2 }]);
    expect([read.data.value, read.error.value, read.busy.value]).toEqual([{ id: 2 }, null, false]);
    owner.unmount();
  });

  it("waits for nothing when the component is gone", async () => {
    const { owner, read } = reader();
    const end = read.run({ id: 1, language: "en" });
    await flushPromises();
    expect(shell.waiting).toBeGreaterThan(0);
    owner.unmount();
    expect(await end).toBeNull();
    expect(shell.waiting).toBe(0);
  });
});

describe("a table", () => {
  const columns = [
    { key: "name", label: "Name", sortable: true },
    { key: "size", label: "Size" },
  ];
  const rows = [
    { name: "b", size: 2 },
    { name: "a", size: null },
  ];

  const rowKey = (row: object) => (row as { name: string }).name;

  it("tells the order it is in, and asks for another", async () => {
    const table = mount(AppTable, {
      props: { caption: "Files", columns, rows, rowKey },
      global,
    });
    expect(table.find("th").attributes("aria-sort")).toBe("none");
    await table.find("th button").trigger("click");
    expect(table.emitted("update:sort")!.at(-1)).toEqual([{ key: "name", descending: false }]);
    await table.setProps({ sort: { key: "name", descending: false } });
    expect(table.find("th").attributes("aria-sort")).toBe("ascending");
    await table.find("th button").trigger("click");
    expect(table.emitted("update:sort")!.at(-1)).toEqual([{ key: "name", descending: true }]);
  });

  it("shows a dash for what is not known", () => {
    const table = mount(AppTable, {
      props: { caption: "Files", columns, rows, rowKey },
      global,
    });
    expect(table.findAll("tbody tr").at(1)!.text()).toMatch(/^a.*–$/);
  });
});

describe("the pages of a list", () => {
  const pagination = (props: object) =>
    mount(AppPagination, { props: { page: 1, size: 10, total: 35, ...props }, global });

  it("say where one is, and end where the list does", () => {
    const last = pagination({ page: 4 });
    expect(last.text()).toContain("31–35 of 35");
    expect(last.text()).toContain("Page 4 of 4");
    const [back, on] = last.findAll("button");
    expect(back!.attributes("disabled")).toBeUndefined();
    expect(on!.attributes("disabled")).toBeDefined();
  });

  it("begin anew with another size", async () => {
    const list = pagination({ page: 3 });
    await list.find("select").setValue("25");
    expect(list.emitted("update:size")).toEqual([[25]]);
    expect(list.emitted("update:page")).toEqual([[1]]);
  });

  it("of an empty list are one", () => {
    expect(pagination({ total: 0 }).text()).toContain("0–0 of 0");
  });
});

describe("small parts", () => {
  it("a busy button does nothing, and keeps the focus", async () => {
    const button = mount(AppButton, { props: { busy: true }, slots: { default: "Go" } });
    await button.trigger("click");
    expect(button.emitted("click")).toBeUndefined();
    expect(button.attributes("disabled")).toBeUndefined();
    await button.setProps({ busy: false });
    await button.trigger("click");
    expect(button.emitted("click")).toHaveLength(1);
  });

  it("a button is none that sends a form, unless it says so", () => {
    expect(mount(AppButton).attributes("type")).toBe("button");
  });

  it("a switch says whether it is on", async () => {
    const toggle = mount(AppToggle, {
      props: { modelValue: false, label: "Mails", on: "On", off: "Off" },
    });
    await toggle.find("button").trigger("click");
    expect(toggle.emitted("update:modelValue")).toEqual([[true]]);
    expect(toggle.find("button").attributes()).toMatchObject({
      role: "switch",
      "aria-checked": "true",
    });
  });

  it("a choice tells its mistake to a screen reader", async () => {
    const select = mount(AppSelect, {
      props: {
        modelValue: "a",
        label: "Zone",
        error: "Not known",
        choices: [
          { value: "a", label: "A", group: "First" },
          { value: "b", label: "B" },
        ],
      },
    });
    await nextTick();
    const field = select.find("select");
    expect(field.attributes("aria-invalid")).toBe("true");
    expect(select.find(`#${field.attributes("aria-describedby")}`).text()).toBe("Not known");
    expect(select.find("optgroup").attributes("label")).toBe("First");
  });
});

describe("the application's own backup", () => {
  const backup = (name: string, status: object | null, module = "m1") => ({
    id: 1,
    name,
    repository: "r1",
    enabled: true,
    instances: [{ module_id: module, status: status as never }],
  });

  it("is that of its plans, the failed ones first", () => {
    const found = ownBackups(
      [
        backup("good", { success: true, start: 0, end: 60 }),
        backup("other", { success: false, start: 0, end: 1 }, "m2"),
        backup("never", null),
        backup("bad", { success: false, start: 0, end: 60 }),
      ],
      [{ id: "r1", name: "" }],
      "m1",
    );
    expect(found.map(({ plan, state }) => [plan, state])).toEqual([
      ["bad", "bad"],
      ["never", "never"],
      ["good", "good"],
    ]);
    expect(found[0]).toMatchObject({ destination: "r1", endedAt: "1970-01-01T00:01:00.000Z" });
  });
});
