import { flushPromises, mount, enableAutoUnmount } from "@vue/test-utils";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { defineComponent, h, ref, type Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import App from "@/App.vue";
import { createTranslations } from "@/i18n";
import { PAGES } from "@/router";
import { FakeShell } from "./fake-shell";

enableAutoUnmount(afterEach);
const words = (language: string) =>
  JSON.parse(
    readFileSync(
      path.join(import.meta.dirname, `../../public/i18n/${language}/translation.json`),
      "utf8",
    ),
  );

let shell: FakeShell;
let said: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  shell = new FakeShell();
  said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(window, "scrollTo").mockImplementation(() => undefined);
});
afterEach(() => {
  shell.remove();
  vi.restoreAllMocks();
});

const boom = () => {
  throw new TypeError("boom");
};
const fine = defineComponent(() => () => h("p", "all is well"));

/** The pages, of which the overview is this one. */
async function open(overview: Component | (() => Promise<Component>), language = "en") {
  const routes = PAGES.map(({ name }) => ({
    name,
    path: `/${name}`,
    component: name === "overview" ? overview : fine,
  }));
  const history = createMemoryHistory();
  history.replace("/overview");
  const router = createRouter({ history, routes });
  const app = mount(App, {
    global: { plugins: [router, createTranslations(language, { [language]: words(language) })] },
  });
  await flushPromises();
  return { app, router };
}

const later = defineComponent(() => {
  const on = ref(false);
  return () => (on.value ? boom() : h("button", { id: "go", onClick: () => (on.value = true) }));
});
const byHand = defineComponent(() => () => [h("button", { id: "go", onClick: boom }), "typed"]);

it.each<[string, Component | (() => Promise<Component>)]>([
  ["in its setup", defineComponent({ setup: boom })],
  ["in its first picture", defineComponent(() => boom)],
  ["in a later picture", later],
  ["when a button is pressed", byHand],
  ["because it could not be loaded", () => Promise.reject(new Error("boom"))],
])("a page with a fault %s says so, and leads on", async (_, page) => {
  const { app, router } = await open(page);
  if (app.find("#go").exists()) await app.find("#go").trigger("click");
  await flushPromises();
  const note = app.find("main [role=alert]");
  expect(note.text()).toContain("Something went wrong in this page");
  expect(note.find("details").text()).toContain("boom");
  expect(note.find("button").text()).toBe("Load the pages again");
  expect(said).toHaveBeenCalled();
  // What still works stays: the other pages do.
  await router.push("/status");
  await flushPromises();
  expect(app.find("main").text()).toBe("all is well");
});

it("a promise that nobody waits for is told too", async () => {
  const { app } = await open(fine);
  const event = new Event("unhandledrejection", { cancelable: true });
  window.dispatchEvent(Object.assign(event, { reason: new Error("boom") }));
  await flushPromises();
  expect(app.find("[role=alert]").text()).toContain("boom");
  expect(app.find("main").text()).toContain("all is well");
});

it("a fault of one button takes nothing away that was typed", async () => {
  const { app } = await open(byHand);
  await app.find("#go").trigger("click");
  expect(app.find("main").text()).toContain("typed");
});

it("a fault is told in Italian to who reads Italian", async () => {
  const { app } = await open(defineComponent({ setup: boom }), "it");
  expect(app.find("[role=alert]").text()).toContain("Qualcosa è andato storto in questa pagina");
});
