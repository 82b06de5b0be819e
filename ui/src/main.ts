import { createApp, type App as VueApp } from "vue";
import App from "./App.vue";
import BrokenNote from "./components/BrokenNote.vue";
import { loadTranslations } from "./i18n";
import { createPagesRouter } from "./router";
import { leaveHost, offerShortcuts, shellHistory, type ShellHistory } from "./shell";
import "./styles.css";

const PLACE = "#ns8-app";

async function start(): Promise<void> {
  const translations = await loadTranslations();
  let began: ShellHistory | null = null;
  try {
    const history = shellHistory();
    began = history;
    const router = createPagesRouter(history);
    const app = createApp(App);
    // What is above all pages has nobody to tell of its faults but us.
    app.config.throwUnhandledErrorInProduction = true;
    app.use(translations);
    app.use(router);
    app.mount(PLACE);
    offerShortcuts();
    window.addEventListener("pagehide", () => leave(app, history), { once: true });
  } catch (error) {
    began?.destroy();
    leaveHost();
    createApp(BrokenNote, { error }).use(translations).mount(PLACE);
    throw error;
  }
}

/** Leaves nothing in the page around, and begins anew where the browser brings the pages back. */
function leave(app: VueApp, history: ShellHistory): void {
  app.unmount();
  history.destroy();
  leaveHost();
  window.addEventListener("pageshow", () => void start(), { once: true });
}

/** How long after a reload another one would help no more. */
const RELOAD_ONCE_MS = 10_000;
const RELOADED = "backup-monitor-reloaded";

// After an update of the application the parts of the old pages are gone. What was typed is kept as
// a draft.
window.addEventListener("vite:preloadError", () => {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < RELOAD_ONCE_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  window.location.reload();
});

void start();
