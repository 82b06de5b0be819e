// What the pages get from the shell's core.css: Carbon 10 as it is published, in
// NS8's colours, and the few rules that the shell has for applications.
import fs from "node:fs";
import { fileURLToPath } from "node:url";

const carbon = new URL(
  "../../node_modules/carbon-components/css/carbon-components.min.css",
  import.meta.url,
);

const NS8 = `
#ns8-app .app-content { margin-left: 16rem; padding: 2rem; background: #f4f4f4; }
.bx--side-nav.app-side-nav { position: fixed; top: 0; width: 16rem; background: #393939; overflow-x: hidden; transition: width .11s; }
.app-side-menu-content, .app-side-menu-content a.bx--side-nav__link > .bx--side-nav__link-text { color: #fff !important; }
.app-side-menu-content .bx--side-nav__icon > svg { fill: #fff; }
.app-side-menu-content a.bx--side-nav__link:hover { background: #161616 !important; }
.app-side-menu-content .instance-name { padding: 1rem; font-weight: 600; }
.app-side-menu-content .current-page { background: #161616; }
.page-title { margin-bottom: 1.5rem; }
@media (min-width: 42rem) { .bx--form-item .bx--text-input, .bx--form-item .bx--text-area, .bx--form-item .bx--select { max-width: 38rem; } }
@media (max-width: 1055px) {
  #ns8-app .app-content { margin-left: 3rem; }
  .bx--side-nav.app-side-nav { width: 3rem; }
  .bx--side-nav.app-side-nav:hover { width: 16rem; }
  .app-side-menu-content .instance-name { white-space: nowrap; }
}
@media (max-width: 42rem) { #ns8-app .app-content { padding: 1rem; } }
`;

let sheet = null;

export function coreCss() {
  sheet ??=
    fs
      .readFileSync(fileURLToPath(carbon), "utf8")
      // The fonts come from elsewhere, and the tests go nowhere.
      .replace(/@font-face\s*\{[^}]*\}/g, "")
      .replaceAll("#0f62fe", "#00a2de")
      .replaceAll("#0353e9", "#0094ca") + NS8;
  return sheet;
}
