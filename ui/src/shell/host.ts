/** What a listener of the shell's event bus gets; the order differs from event to event. */
export type ShellListener = (...values: unknown[]) => void;

/** The part of the shell's root object that these pages use. */
export interface ShellRoot {
  apiUrl: string;
  $on(event: string, listener: ShellListener): unknown;
  $off(event: string, listener: ShellListener): unknown;
  $emit(event: string, ...values: unknown[]): unknown;
}

export interface ShellRouter {
  push(path: string): unknown;
  replace(path: string): unknown;
}

export interface ShellCore {
  $root: ShellRoot;
  $router: ShellRouter;
}

/** The window around these pages. Everything of it that is used is named here. */
export interface ShellWindow {
  core: ShellCore;
  CONFIG?: { PRODUCT_NAME?: string };
  location: Location;
  document: Document;
  addEventListener: Window["addEventListener"];
  removeEventListener: Window["removeEventListener"];
  open: Window["open"];
}

/** The way to the shell, replaceable in tests. */
export interface Host {
  shell: ShellWindow;
  moduleId: string;
  /** The bearer token of whoever is logged in now, or null. */
  token(): string | null;
  /** Ends with these pages: what waits in the shell would else stay there. */
  life: AbortSignal;
}

const MODULE_IN_HASH = /^#\/apps\/([A-Za-z0-9_-]+)/;

function tokenOfLogin(): string | null {
  try {
    const stored = JSON.parse(window.localStorage.getItem("loginInfo") ?? "null") as unknown;
    const token = (stored as { token?: unknown } | null)?.token;
    return typeof token === "string" ? token : null;
  } catch {
    return null;
  }
}

let current: Host | null = null;
let life = new AbortController();

/** The host of this page. Throws where the page is opened by itself. */
export function host(): Host {
  if (current) return current;
  const shell = window.parent as unknown as ShellWindow;
  const moduleId = MODULE_IN_HASH.exec(shell.location.hash)?.[1];
  if (window.parent === window || !shell.core || !moduleId) {
    throw new Error("these pages work inside the cluster-admin only");
  }
  current = { shell, moduleId, token: tokenOfLogin, life: life.signal };
  return current;
}

/** Ends all that waits for the shell. */
export function leaveHost(): void {
  life.abort();
  life = new AbortController();
  current = null;
}

/** For tests: stands in for the page around. */
export function setHost(other: Host | null): void {
  current = other;
}
