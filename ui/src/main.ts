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

start().catch((error: unknown) => {
  document.body.textContent = error instanceof Error ? error.message : String(error);
  throw error;
});
