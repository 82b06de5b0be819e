import { createApp } from "vue";
import App from "./App.vue";
import { loadTranslations } from "./i18n";
import { createPagesRouter } from "./router";
import { offerShortcuts, shellHistory } from "./shell";
import "./styles.css";

async function start(): Promise<void> {
  const translations = await loadTranslations();
  const router = createPagesRouter(shellHistory());
  const app = createApp(App);
  app.use(translations);
  app.use(router);
  app.mount("#ns8-app");
  offerShortcuts();
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

start().catch((error: unknown) => {
  document.body.textContent = error instanceof Error ? error.message : String(error);
  throw error;
});
