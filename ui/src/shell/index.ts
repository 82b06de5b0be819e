import type { ActionName, ClusterActionName, InputOf, OutputOf } from "@/module/actions";
import { createShellHistory, type ShellHistory } from "./history";
import { host } from "./host";
import { runTask, type Announcement } from "./task";

export * from "./errors";
export { leaveHost } from "./host";
export type { ShellHistory } from "./history";
export type { Announcement } from "./task";

export interface RunOptions {
  announce?: Announcement;
  onProgress?: (percent: number) => void;
  limitSeconds?: number;
  signal?: AbortSignal;
}

/** Runs an action of this application. Throws an `ActionError`, nothing else. */
export async function runAction<N extends ActionName>(
  action: N,
  data: InputOf<N>,
  options: RunOptions = {},
): Promise<OutputOf<N>> {
  const here = host();
  const agent = `module/${here.moduleId}`;
  const input = data === null ? undefined : data;
  return (await runTask(here, { ...options, agent, action, data: input })) as OutputOf<N>;
}

/** Runs an action of the cluster, as the logged-in administrator. */
export async function runClusterAction<N extends ClusterActionName>(
  action: N,
  data: InputOf<N>,
  options: RunOptions = {},
): Promise<OutputOf<N>> {
  const input = data === null ? undefined : data;
  return (await runTask(host(), {
    ...options,
    agent: "cluster",
    action,
    data: input,
  })) as OutputOf<N>;
}

/** The id of this instance, `backup-monitor1`. */
export function moduleId(): string {
  return host().moduleId;
}

export function shellHistory(): ShellHistory {
  return createShellHistory(host());
}

/** The address of the cluster-admin as this browser reaches it, `https://leader.example.org/cluster-admin/`. */
export function clusterAdminUrl(): string {
  const { origin, pathname } = host().shell.location;
  return origin + pathname.replace(/[^/]*$/, "");
}

/** Opens another page of the cluster-admin, `/backup`. */
export function openInShell(path: string): void {
  const way = host().shell.core.$router.push(path);
  if (way instanceof Promise) way.catch(() => undefined);
}

/** The address of another page of the cluster-admin, for a link. */
export function shellHref(path: string): string {
  return `${host().shell.location.pathname}#${path}`;
}

export function setPageTitle(title: string): void {
  const { shell } = host();
  const product = shell.CONFIG?.PRODUCT_NAME;
  shell.document.title = product ? `${title} - ${product}` : title;
}

/** Lets the shell's own keys work while these pages have the focus. */
export function offerShortcuts(): void {
  host().shell.core.$root.$emit("configureKeyboardShortcuts", window);
}
