import type { HistoryState, RouterHistory } from "vue-router";
import type { Host } from "./host";

type NavigationCallback = Parameters<RouterHistory["listen"]>[0];

/** The shell tells nobody when its address changes without an event. */
const LOOK_EVERY_MS = 500;

/** `/settings?a=b` from the shell's `#/apps/<id>?page=settings&a=b`; null elsewhere. */
export function fromShell(moduleId: string, hash: string): string | null {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2) as [string, string?];
  if (path !== `/apps/${moduleId}`) return null;
  const values = new URLSearchParams(query);
  const page = values.get("page") ?? "";
  values.delete("page");
  const rest = values.toString();
  return `/${encodeURIComponent(page)}${rest ? `?${rest}` : ""}`;
}

/** The shell's path for a path of these pages. */
export function toShell(moduleId: string, location: string): string {
  const [path, query = ""] = location.split("?", 2) as [string, string?];
  const page = path.replace(/^\//, "");
  const values = [page ? `page=${page}` : "", query].filter(Boolean).join("&");
  return `/apps/${moduleId}${values ? `?${values}` : ""}`;
}

/** Passes over what the shell's router says of a way that leads to where it is. */
function quietly(way: unknown): void {
  if (way instanceof Promise) way.catch(() => undefined);
}

export interface ShellHistory extends RouterHistory {
  /** Takes where the pages have come to; the address follows where it says another one. */
  settle(location: string): void;
}

/**
 * The history of these pages is that of the shell: its address holds their
 * state, so that links, the back button and a reload lead where they should.
 */
export function createShellHistory(host: Host): ShellHistory {
  const { shell, moduleId } = host;
  const callbacks = new Set<NavigationCallback>();
  const read = () => fromShell(moduleId, shell.location.hash);
  let seen = shell.location.hash;
  let location = read() ?? "/";
  let state: HistoryState = {};
  /** Where the pages are, whatever the address says while they ask whether to leave. */
  let settled = location;

  function arrive(): void {
    seen = shell.location.hash;
    const now = read();
    if (now === null || now === location) return;
    location = now;
    for (const callback of callbacks) {
      callback(now, settled, {
        type: "pop" as never,
        direction: "" as never,
        delta: 0,
      });
    }
  }

  // An address that stays as it was says nothing: the shell's router may still be on
  // its way to the one it was sent to. An event says that somebody went there.
  function look(): void {
    if (shell.location.hash !== seen) arrive();
  }

  const timer = setInterval(look, LOOK_EVERY_MS);
  shell.addEventListener("hashchange", arrive);
  shell.addEventListener("popstate", arrive);

  return {
    base: "",
    get location() {
      return location;
    },
    get state() {
      return state;
    },
    push(to, data) {
      location = to;
      state = data ?? {};
      quietly(shell.core.$router.push(toShell(moduleId, to)));
    },
    replace(to, data) {
      location = to;
      state = data ?? {};
      if (fromShell(moduleId, shell.location.hash) === to) return;
      quietly(shell.core.$router.replace(toShell(moduleId, to)));
    },
    // The router asks for this when a page did not let itself be left by the back
    // button. How far to go is not known, so the address is put back as a new entry.
    go() {
      location = settled;
      if (read() === settled) return;
      quietly(shell.core.$router.push(toShell(moduleId, settled)));
    },
    settle(to) {
      settled = to;
      if (location === to) return;
      location = to;
      quietly(shell.core.$router.replace(toShell(moduleId, to)));
    },
    listen(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    createHref: (to) => `${shell.location.pathname}#${toShell(moduleId, to)}`,
    destroy() {
      clearInterval(timer);
      shell.removeEventListener("hashchange", arrive);
      shell.removeEventListener("popstate", arrive);
      callbacks.clear();
    },
  };
}
