import { createRouter, type Router } from "vue-router";
import AppIcon from "@carbon/icons-vue/es/dashboard/20";
import ReportsIcon from "@carbon/icons-vue/es/report/20";
import SettingsIcon from "@carbon/icons-vue/es/settings/20";
import StatusIcon from "@carbon/icons-vue/es/activity/20";
import AboutIcon from "@carbon/icons-vue/es/information/20";
import type { ShellHistory } from "@/shell";

/** The pages, in the order of the side menu. The first one opens the application. */
export const PAGES = [
  { name: "overview", icon: AppIcon, view: () => import("@/pages/overview/OverviewPage.vue") },
  { name: "reports", icon: ReportsIcon, view: () => import("@/pages/reports/ReportsPage.vue") },
  {
    name: "settings",
    icon: SettingsIcon,
    view: () => import("@/pages/settings/SettingsPage.vue"),
  },
  { name: "status", icon: StatusIcon, view: () => import("@/pages/status/StatusPage.vue") },
  { name: "about", icon: AboutIcon, view: () => import("@/pages/about/AboutPage.vue") },
];

export function createPagesRouter(history: ShellHistory): Router {
  const first = `/${PAGES[0]!.name}`;
  const router = createRouter({
    history,
    routes: [
      ...PAGES.map(({ name, view }) => ({ name, path: `/${name}`, component: view })),
      // A page that a newer or older version had leads to the first one.
      { path: "/:elsewhere(.*)*", redirect: first },
    ],
  });
  router.afterEach((to, _from, failure) => {
    if (!failure) history.settle(to.fullPath);
  });
  return router;
}
